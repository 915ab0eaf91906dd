import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { run } from "../../../terminal/run.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;

beforeAll(async () => {
  line = await startCommandLine();
  vi.stubEnv("REFERENDUM_OPERATOR", "anna");
  await type(lawsCommand, "add", "J1", "--title", "A law", ...line.here);
  await type(lawsCommand, "add", "J2", "--title", "A law", ...line.here);
  await changeLaw(line.stack.target.laws, "J1", () => ({ reached: "ready" }));
  await type(opsCommand, "freeze", "J1", ...line.here);
  await type(opsCommand, "freeze", "J9", ...line.here);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await line?.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const journal = (...args: readonly string[]) => type(opsCommand, "journal", ...args, ...line.here);

/** Changes the journal as only somebody with full access to the database can. */
async function tampered(change: string, work: () => Promise<void>): Promise<void> {
  const { pool } = line.stack.target;
  await pool.query("alter table journal disable trigger all; create table journal_before as table journal");
  try {
    await pool.query(change);
    await work();
  } finally {
    await pool.query("delete from journal; insert into journal table journal_before; drop table journal_before");
    await pool.query("alter table journal enable trigger all");
  }
}

test("the journal is printed in words, and its chain is checked", async () => {
  const { code, out, err } = await journal();
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines).toHaveLength(8);
  expect(lines[0]).toMatch(
    /^1 {2}\S+ \[J1\] {2}anna \(claimed\) began to add the law J1: “.+” \(run [0-9a-f]{8}, release test\)$/,
  );
  expect(lines[4]).toMatch(/^5 .*\[J1\] {2}anna \(claimed\) began to freeze the law J1/);
  expect(lines[7]).toMatch(/did not do freeze-law: There is no law J9\./);
  expect(err).toMatch(
    /^8 entries are checked: none was changed, and none is missing up to the last one\.\nIts hash is [0-9a-f]{64}: /,
  );
});

test("with a law, only its entries are printed, and the whole chain is still checked", async () => {
  const { out, err } = await journal("J2");
  expect(out.trimEnd().split("\n")).toHaveLength(2);
  expect(err).toMatch(/^8 entries are checked.* 2 of them are of J2\.\n/);
});

test("--json prints the entries as they are, one per line", async () => {
  const { out } = await journal("--json");
  const entries = out
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(entries).toHaveLength(8);
  expect(entries[0]).toMatchObject({
    number: 1,
    act: "add-law",
    phase: "begun",
    operator: "anna",
    identity: "claimed",
  });
  expect(entries[1]).toMatchObject({ number: 2, previous: entries[0].hash });
});

test.each([
  [
    "a changed entry",
    "update journal set operator = 'ben' where number = 3",
    /entry 3 was changed after it was written/,
  ],
  ["an entry that was taken out", "delete from journal where number = 4", /entry 4 is missing/],
  [
    "an entry whose hash was made anew",
    "update journal set hash = sha256('x') where number = 8",
    /entry 8 was changed after it was written/,
  ],
])("%s is named, and the exit code is 1", async (_, change, named) => {
  await tampered(change, async () => {
    const { code, err } = await journal("J2");
    expect([code, err]).toEqual([1, expect.stringMatching(/^The journal is NOT whole: /)]);
    expect(err).toMatch(named);
  });
});

test("--follow prints what is written later, until Ctrl-C", async () => {
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const following = run(opsCommand(), ["node", "command", "journal", "J2", "--follow", ...line.here]);
  await vi.waitFor(() => expect(out.trimEnd().split("\n")).toHaveLength(2), { timeout: 10_000 });
  await line.stack.target.pool.query(
    "select append_journal('freeze-law', 'begun', 'J2', 'ben', 'claimed', 'test', gen_random_uuid(), '{}')",
  );
  await vi.waitFor(() => expect(out).toMatch(/ben \(claimed\) began to freeze law/), { timeout: 10_000 });
  process.emit("SIGINT", "SIGINT");
  await following;
  expect(process.exitCode ?? 0).toBe(0);
});

test("an act on several laws is among the entries of each", async () => {
  writeFileSync(line.path("both.csv"), "100000001,AAAAAA\n");
  const both = ["--law", "J1", "--law", "J2", "--file", line.path("both.csv")];
  expect(await type(votersCommand, "load", ...both, ...line.here)).toMatchObject({ code: 0 });
  for (const law of ["J1", "J2"]) {
    expect((await journal(law)).out).toMatch(/anna \(claimed\) .*complete the load onto the roll of J1, J2/);
  }
  expect((await journal("J3")).out).toBe("");
});
