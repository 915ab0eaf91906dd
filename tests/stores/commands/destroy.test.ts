import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { OperatorsApi } from "../../../places/operators/client.ts";
import { claiming } from "../../../places/operators/signing.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { clearDestroyedRoll, destroyLaw } from "../../../shared/messages/operators/destruction.ts";
import { databaseRows, dynamoItems, formsOf, redisKeys } from "../../support/everything.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import {
  aClosedBox,
  as,
  byTwo,
  forget,
  fresh,
  lawId,
  laws,
  line,
  ops,
  startSealedLaws,
  trustees,
} from "../support/sealed-laws.ts";

// What an office types when the legal term of a law is over, on real stores. Votes are recorded without the queues. A
// law is published by an entry of the journal: what publishing does is tested elsewhere.

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

beforeAll(startSealedLaws);
afterAll(() => line?.stop());
afterEach(() => {
  term(0);
  forget();
});

/** The legal term of the stage from now on, in days. */
function term(days: number): void {
  (line.stack.target.address.outputs as Record<string, string>)["LegalTermDays"] = String(days);
}

/** Takes the law of the present test from its closed box to its count. */
async function openAndCount(): Promise<void> {
  const box = fresh("box.ndjson");
  const list = fresh("opened.ndjson");
  expect(await ops("export-box", lawId, "--out", box)).toMatchObject({ code: 0 });
  await trustees.open(box, list);
  for (const person of ["anna", "ben"]) {
    expect(await as(person, opsCommand, "bring-opening", lawId, "--file", list)).toMatchObject({ code: 0 });
  }
  expect(await laws("count", lawId, "--yes")).toMatchObject({ code: 0 });
}

async function publish(): Promise<void> {
  await line.stack.target.pool.query("select append_journal('publish-law', 'done', $1, 'a', 'b', 'c', $2, '{}')", [
    lawId,
    randomUUID(),
  ]);
}

/** Everything that names voters and submissions of a law, in the forms that it may have in a store. */
async function namesOf(law: string): Promise<readonly Buffer[]> {
  const { rows } = await line.stack.target.pool.query<{ voter_hash: Buffer; request_id: string }>(
    "select voter_hash, request_id from vote_audit where law_id = $1",
    [law],
  );
  expect(rows).toHaveLength(6);
  return rows.flatMap(({ voter_hash, request_id }) => [...formsOf(voter_hash), ...formsOf(request_id)]);
}

async function placesWith(names: readonly Buffer[]): Promise<string[]> {
  const found = new Set<string>();
  const { target } = line.stack;
  for (const places of [databaseRows(target), redisKeys(target), dynamoItems(target)]) {
    for await (const { name, content } of places) {
      if (names.some((one) => content.includes(one))) found.add(name.replace(/\{.*\}/, "{…}"));
    }
  }
  for (const [name, content] of archiveOf(target).objects.objects) {
    if (names.some((one) => Buffer.from(content).includes(one))) found.add(`object ${name}`);
  }
  return [...found].sort();
}

/** A statement as the database's role of `operate`, which is taken back. */
async function asOperate(statement: string) {
  const client = await line.stack.target.pool.connect();
  try {
    await client.query("begin");
    await client.query("set local role referendum_operate");
    return await client.query(statement, [lawId]);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** A law beside, which is destroyed last. */
let other: string;
let otherNames: readonly Buffer[];
let names: readonly Buffer[];

beforeAll(async () => {
  await aClosedBox();
  await openAndCount();
  await publish();
  other = lawId;
  otherNames = await namesOf(other);
  await aClosedBox();
  names = await namesOf(lawId);
});

// Each test goes on where the one before it has ended.

describe("a law is not destroyed", () => {
  test("before it is counted, or published if it has a log", async () => {
    const early = await ops("destroy", lawId, "--yes");
    expect(early.code).toBe(1);
    expect(early.err).toMatch(/is closed, and is not destroyed before it is published\. Nothing was removed/);
    await openAndCount();
    expect((await ops("destroy", lawId, "--yes")).err).toMatch(/is counted, and is not destroyed before it is publish/);
  });

  test("by the database's role of the function, whatever it asks for", async () => {
    const run = randomUUID();
    for (const table of [
      "voter_roll",
      "participation",
      "vote_audit",
      "ballots",
      "ballot_box",
      "repeated_submissions",
    ]) {
      await expect(asOperate(`delete from ${table} where law_id = $1`)).rejects.toMatchObject({ code: "42501" });
    }
    for (const statement of [`begin_destruction($1, '${run}')`, "destroy_rows($1, 10)", "note_rows_gone($1)"]) {
      await expect(asOperate(`select ${statement}`)).rejects.toThrow(/is not to be destroyed/);
    }
    await expect(asOperate("select destroy_beside($1)")).rejects.toMatchObject({ code: "42501" });
    await expect(
      line.stack.target.pool.query(
        "update laws set destroyed_at = now() where law_id = 'S-none' or reached <> 'counted'",
      ),
    ).resolves.toMatchObject({ rowCount: 0 });
  });

  test("before its legal term is over, and the command says when that is", async () => {
    await publish();
    term(30);
    const from = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const refused = await ops("destroy", lawId, "--yes");
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(new RegExp(`is not over: it is 30 days from .*can be destroyed from ${from}T.* on`));
    expect((await laws("show", lawId)).out).toMatch(/Its legal term ends at .*: then npm run ops -- destroy/);
  });

  test("while it is on legal hold, which two people end", async () => {
    expect((await ops("hold", lawId, "--reason", "a court has the case 12-34")).out).toMatch(/is on legal hold/);
    const refused = await ops("destroy", lawId, "--yes");
    expect(refused.err).toMatch(/is on legal hold: a court has the case 12-34 \(anna, .*\)\. Nothing was removed/);
    expect((await laws("show", lawId)).out).toMatch(/It is on legal hold since .* \(anna\): a court has/);
    line.door.twoPeople = true;
    const released = await byTwo(opsCommand, "release-hold", lawId, "--reason", "the case is closed");
    expect(released).toMatchObject({ code: 0, out: expect.stringMatching(/not on legal hold any more/) });
    expect((await ops("release-hold", lawId, "--reason", "again")).err).toMatch(/is not on legal hold/);
    expect((await laws("show", lawId)).out).not.toMatch(/on legal hold since/);
    expect(await placesWith(names)).toEqual(
      expect.arrayContaining(["item of receipts", "table public.participation", "table public.voter_roll"]),
    );
  });
});

describe("a law whose term is over", () => {
  test("is destroyed in every store, with a certificate; another one beside is untouched", async () => {
    const before = await placesWith(otherNames);
    const asked = await ops("destroy", lawId);
    expect(asked.code).toBe(2);
    expect(asked.err).toMatch(
      /its roll of 6 voters, who has voted, 6 submissions with their receipts.*cannot be undone/s,
    );
    expect(await placesWith(names)).not.toEqual([]);

    line.door.twoPeople = true;
    const approved = await byTwo(opsCommand, "destroy", lawId, "--yes");
    expect(approved.err).toMatch(/to destroy what is left of the votes.*its roll of 6 voters/s);
    expect(approved.out).toMatch(
      /nothing of the votes of .* any more.*6 voters of the roll.*6 receipts in DynamoDB.*operator types/s,
    );
    line.door.twoPeople = false;
    const file = fresh("certificate.json");
    const done = await ops("destroy", lawId, "--certificate", file);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toMatch(
      /is destroyed, since .*6 envelopes of the box\n.*6 voters in Redis\n.*backups of PostgreSQL/s,
    );
    expect(done.out).toMatch(/Its 3 trustees must destroy their shares now/);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      law_id: lawId,
      concluded_as: "published",
      removed: { voter_roll: 6, participation: 6, vote_audit: 6, ballot_box: 6, receipts: 6, roll_in_redis: 6 },
      copies: [{ copy: "database_backups" }],
      shares: 3,
    });
    expect(await placesWith(names)).toEqual([]);
    expect(await placesWith(otherNames)).toEqual(before);

    expect((await ops("destroy", lawId)).out).toBe(done.out);
    const shown = await laws("show", lawId);
    expect(shown.out).toMatch(/is destroyed: it took votes from.*3 oui, 2 non, 1 spoiled.*Removed:/s);
    expect((await laws("count", lawId, "--yes")).err).toMatch(
      /was destroyed \(.*nothing is left of its votes but what was/,
    );
    expect((await ops("hold", lawId, "--reason", "too late")).err).toMatch(/there is nothing left to hold/);
    expect((await ops("reconcile", "--law", lawId)).err).toMatch(/was destroyed: nothing is left/);
    expect(await ops("reconcile")).toMatchObject({ code: 0 });
    expect((await ops("rebuild-roll", "--law", lawId)).err).toMatch(/it has no roll any more/);
    expect(await ops("rebuild-roll", "--all")).toMatchObject({ code: 0 });
    expect((await as("anna", votersCommand, "count")).out).not.toContain(lawId);
    const { rows } = await line.stack.target.pool.query(
      "select s.voters::int, (select sum(voted)::int from turnout_hours t where t.law_id = s.law_id) as voted from roll_sizes s where law_id = $1",
      [lawId],
    );
    expect(rows).toEqual([{ voters: 6, voted: 6 }]);
  });

  test("is destroyed although every step was cut off, and begun again by somebody else", async () => {
    const api = new OperatorsApi(line.door.url, claiming("carla"));
    const outage = new Error("the machine died");
    const stopping = (steps: number) => {
      let taken = 0;
      return () => {
        if (++taken > steps) throw outage;
      };
    };
    for (const steps of [0, 1, 2]) {
      await expect(api.perform(destroyLaw, { law_id: other }, { onProgress: stopping(steps) })).rejects.toBe(outage);
      await expect(api.perform(clearDestroyedRoll, { law_id: other })).rejects.toThrow(/is not destroyed so far/);
    }
    await api.perform(destroyLaw, { law_id: other });
    const clear = vi.spyOn(RedisRoll.prototype, "clear").mockRejectedValueOnce(new Refusal("Redis is away"));
    await expect(api.perform(clearDestroyedRoll, { law_id: other })).rejects.toThrow(/Redis is away/);
    clear.mockRestore();
    const done = await ops("destroy", other, "--json");
    const { certificate } = JSON.parse(done.out);
    expect(certificate.removed).toMatchObject({ voter_roll: 6, vote_audit: 6, receipts: 6, roll_in_redis: 6 });
    expect(await placesWith(otherNames)).toEqual([]);
  });

  test("is destroyed again when PostgreSQL was restored to a moment before", async () => {
    const { pool } = line.stack.target;
    const client = await pool.connect();
    try {
      await client.query("begin");
      // As a restore does it: no trigger is asked.
      await client.query("set local session_replication_role = replica");
      await client.query("delete from destructions where law_id = $1", [other]);
      const before = "(select max(version) from law_versions where law_id = $1 and facts ->> 'destroyed_at' is null)";
      await client.query(
        `update laws set destroyed_at = null, version = ${before}, confirmed_version = ${before} where law_id = $1`,
        [other],
      );
      await client.query("delete from law_versions where law_id = $1 and facts ->> 'destroyed_at' is not null", [
        other,
      ]);
      await client.query("insert into voter_roll values ($1, $2, $2)", [other, Buffer.alloc(32, 7)]);
      await client.query("commit");
    } finally {
      client.release();
    }
    expect((await laws("show", other)).out).toMatch(/is destroyed: .*began at|is destroyed: .*Its legal term/s);
    expect(await ops("rebuild-roll", "--all")).toMatchObject({ code: 0 });
    const again = JSON.parse((await ops("destroy", other, "--yes", "--json")).out);
    expect(again.certificate.removed).toMatchObject({ voter_roll: 1, roll_in_redis: 0 });
    const { rows } = await pool.query("select from voter_roll where law_id = $1", [other]);
    expect(rows).toEqual([]);
  });
});
