import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { completeLaws } from "../../../functions/operate/complete-laws.ts";
import type { Archive } from "../../../operations/archive/archive.ts";
import { LawRows } from "../../../operations/law-book/law-rows.ts";
import type { Servers } from "../../../operations/servers.ts";
import { log } from "../../../shared/runtime/log.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { asFunction } from "../support/granted.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let archive: Archive;

beforeAll(async () => {
  stack = await startTestTarget();
  ({ archive } = archiveOf(stack.target));
});
afterAll(() => stack?.stop());

/** What the schedule does, with the rights of the function. */
const minute = (servers: Pick<Servers, "pool" | "laws"> = stack.target) =>
  asFunction("operate", stack.target, () => completeLaws(async () => ({ servers, archive })));
const rowOf = (lawId: string) => new LawRows(stack.target.pool).get(lawId);
const itemOf = (lawId: string) => stack.target.laws.items.get(lawId);

/** A change of a law's window of which only the row was written. */
async function cutOff(lawId: string): Promise<Date> {
  await addReadyLaw(stack.target, { lawId, title: "A law" });
  const { rows } = await stack.target.pool.query<{ moment: Date }>(
    `update laws set version = version + 1, closes_at = m.moment, in_force_at = m.moment
     from (select date_trunc('second', now()) + interval '60 seconds' as moment) m where law_id = $1 returning m.moment`,
    [lawId],
  );
  if (rows[0] === undefined) throw new Error("no such law");
  return rows[0].moment;
}

/** What a database that is away is to whoever asks it. */
const AWAY = new Error("the database is away");

test("a change that was cut off between row and item is completed without an operator, once, and without an entry", async () => {
  const closes = await cutOff("C-1");
  const before = await rowOf("C-1");
  expect(before?.confirmedVersion).toBeLessThan(before?.law.version ?? 0);
  expect((await itemOf("C-1"))?.closesAt).toBeUndefined();
  const entries = () => stack.target.pool.query("select count(*) from journal").then(({ rows }) => rows);
  const journal = await entries();

  await minute();
  const after = await rowOf("C-1");
  expect(after?.law.closesAt).toBe(closes.toISOString());
  expect(after?.confirmedVersion).toBe(after?.law.version);
  expect(await itemOf("C-1")).toMatchObject({ closesAt: closes.toISOString(), version: after?.law.version });
  await minute();
  expect(await rowOf("C-1")).toEqual(after);
  expect(await entries()).toEqual(journal);
});

test("it takes no part while the journal is behind the archive or the database is away, and says so in one line", async () => {
  await cutOff("C-2");
  const before = await rowOf("C-2");
  const warned = vi.spyOn(log, "warn").mockImplementation(() => undefined);
  const has = vi.spyOn(archive, "has").mockResolvedValue(true);
  await minute();
  has.mockRestore();
  expect(warned.mock.calls).toEqual([
    [
      "changes of laws that were cut off were not looked for",
      { cause: { name: "Refusal", message: expect.stringContaining("npm run ops -- restore-acts") } },
    ],
  ]);
  const pool = { query: async () => Promise.reject(AWAY) } as unknown as Servers["pool"];
  await minute({ laws: stack.target.laws, pool });
  expect(warned).toHaveBeenCalledTimes(2);
  expect(JSON.stringify(warned.mock.calls[1])).toContain(AWAY.message);
  warned.mockRestore();
  expect(await rowOf("C-2")).toEqual(before);
  await minute();
  expect((await rowOf("C-2"))?.confirmedVersion).toBe(before?.law.version);
});
