import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkDigest, chunkText } from "../../../operations/roll/file/chunk-text.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { isBusy } from "../../../places/operators/refusals.ts";
import { brokenChain } from "../../../shared/domain/journal.ts";
import { ACTS, type ActName } from "../../../shared/messages/operators/acts.ts";
import { pathOf } from "../../../shared/messages/operators/define-act.ts";
import { ActAnswer } from "../../../shared/messages/operators/envelope.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import { electionOf } from "../../../shared/messages/trustees.ts";
import { writeOpening } from "../../../trustees/opening-file.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { aVote } from "../../support/factories.ts";
import { putOn } from "../../support/queues.ts";
import { testTrustees } from "../../support/trustees.ts";

const OPERATOR = "ada";
const LAW = "door-law";
const OTHER_LAW = "door-other";
const UNREADABLE = "nothing reads this";
const CHUNK = chunkText([
  { line: 1, nas: "046454286", code: "AB12CD" },
  { line: 2, nas: "130692544", code: "EF34GH" },
]);
/** A digest of nothing that is here. */
const NONE = createHash("sha256").digest("hex");
const FILE = "f".repeat(64);

let env: TestEnvironment;
let running: StartedStack;
const called = new Map<ActName, string>();

beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment());
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

/** Sends one step, again while somebody else is at work on the same thing, and wants this status of the answer. */
async function send(name: ActName, call: object, status: number): Promise<unknown> {
  let answer: { readonly status: number; readonly body: unknown } | undefined;
  await env.until(`${name} is not kept waiting`, async () => {
    const response = await fetch(new URL(pathOf(ACTS[name]), env.target.output("OperatorsApiUrl")), {
      method: "POST",
      headers: { "content-type": "application/json", "x-operator": OPERATOR },
      body: JSON.stringify(call),
    });
    const text = await response.text();
    answer = { status: response.status, body: JSON.parse(text) };
    return !isBusy(response.status, text);
  });
  expect(answer, name).toMatchObject({ status });
  return answer?.body;
}

/** Does an act through the second front, step by step to its end. */
async function act(name: ActName, request: object): Promise<unknown> {
  const run = randomUUID();
  called.set(name, run);
  let cursor: unknown;
  for (;;) {
    const step = ActAnswer.parse(await send(name, { run, request, ...(cursor === undefined ? {} : { cursor }) }, 200));
    if ("proposal" in step) throw new Error(`${name} was proposed on a stage for one person`);
    if (step.done) return ACTS[name].result.parse(step.result);
    cursor = step.cursor;
  }
}

/** Calls an act that is refused. */
async function refused(name: ActName, request: object, status: number): Promise<unknown> {
  const run = randomUUID();
  called.set(name, run);
  return send(name, { run, request }, status);
}

async function journal() {
  return ACTS["read-journal"].result.parse(await act("read-journal", {}));
}

describe("the operators' API of the local stack does", () => {
  test("acts on drafts and their rolls", async () => {
    for (const law_id of [LAW, OTHER_LAW]) {
      expect(await act("add-law", { law_id, title: "A law" })).toMatchObject({ law: { law_id, state: "draft" } });
    }
    const file = { sha256: FILE, name: "roll.csv", lines: 2, voters: 2, chunks: [chunkDigest(CHUNK)] };
    const laws = [LAW];
    await act("check-codes", { law_id: LAW, codes: "AB12CD;EF34GH" });
    await act("make-codes", { law_id: LAW, count: 2 });
    expect(await act("begin-load", { laws, file })).toEqual({ next_chunk: 0 });
    expect(await act("load-chunk", { laws, sha256: FILE, number: 0, voters: CHUNK })).toMatchObject({ next_chunk: 1 });
    expect(await act("finish-load", { laws, sha256: FILE })).toMatchObject({
      laws: [{ law_id: LAW, voters: 2, unfinished: [] }],
    });
    expect(await act("find-load", { law_id: LAW, chunks: file.chunks })).toMatchObject({
      load: { left_out: 0 },
      voters: 2,
    });
    expect(await act("seal-roll", { law_id: LAW, expect: 2 })).toMatchObject({
      law: { state: "open", sealed_voters: 2 },
    });
    expect(await act("rebuild-rolls", { laws })).toMatchObject({ laws: [{ voters: 2, cached: 2, complete: true }] });
    expect(await act("count-rolls", {})).toMatchObject({
      laws: expect.arrayContaining([expect.objectContaining({ law_id: LAW, postgresql: 2, redis: 2 })]),
    });
  });

  test("acts on a sealed roll", async () => {
    const kind = "add";
    const voters = "1,193456787,GH56JK";
    const { draft } = ACTS["prepare-roll-change"].result.parse(
      await act("prepare-roll-change", { law_id: LAW, kind, voters }),
    );
    const changed = ACTS["change-roll"].result.parse(await act("change-roll", { law_id: LAW, kind, draft, voters: 1 }));
    expect(changed).toMatchObject({ on_roll: 3, complete: true });
    const strike = { law_id: LAW, kind: "strike", voters: "1,193456787" };
    const struck = ACTS["prepare-roll-change"].result.parse(await act("prepare-roll-change", strike));
    await act("change-roll", { law_id: LAW, kind: "strike", draft: struck.draft, voters: 1 });
    const found = ACTS["prepare-roll-change"].result.parse(
      await act("prepare-roll-change", { law_id: LAW, kind: "find", voters: "1,193456787" }),
    );
    expect(await act("find-voter", { law_id: LAW, draft: found.draft })).toEqual({
      law_id: LAW,
      on_roll: false,
      has_voted: false,
    });
  });

  test("acts on laws", async () => {
    await act("freeze-law", { law_id: LAW });
    await act("unfreeze-law", { law_id: LAW });
    await act("close-law", { law_id: LAW });
    await act("open-law", { law_id: LAW, reopen: true });
    const shown = await act("show-law", { law_id: LAW });
    expect(shown).toMatchObject({ law: { state: "open" }, roll: { voters: 2, complete: true } });
    expect(await act("list-laws", {})).toMatchObject({
      laws: expect.arrayContaining([expect.objectContaining({ law_id: LAW, frozen: false })]),
    });
  });

  test("acts on loads that do not end", async () => {
    const laws = [OTHER_LAW];
    const file = { sha256: FILE, name: "roll.csv", lines: 4, voters: 4, chunks: [chunkDigest(CHUNK), NONE] };
    await act("begin-load", { laws, file });
    await act("load-chunk", { laws, sha256: FILE, number: 0, voters: CHUNK });
    expect(await act("stop-roll-work", { laws, sha256: FILE })).toMatchObject({
      laws: [{ law_id: OTHER_LAW, unfinished: [{ kind: "load", is_running: false }] }],
    });
    expect(await act("abandon-load", { law_id: OTHER_LAW, voters: 2 })).toMatchObject({
      roll: { law_id: OTHER_LAW, voters: 2, unfinished: [] },
    });
  });

  test("acts on dead letters", async () => {
    await putOn(env.target, "votesDeadLetters", [UNREADABLE]);
    const found = ACTS["dead-letters"].result.parse(await act("dead-letters", { queue: "votes" }));
    expect(found).toMatchObject({ readable: 0, unreadable: [{ bytes: UNREADABLE.length, messages: 1 }] });
    const fingerprint = found.unreadable[0]?.fingerprint ?? "none";
    const request = { queue: "votes", fingerprint, reason: "a test wrote it" };
    expect(await act("set-aside", request)).toEqual({ queue: "votes", fingerprint, set_aside: 1 });
    expect(await act("list-set-aside", {})).toMatchObject({ messages: [{ fingerprint, undone: false }] });
    await putOn(env.target, "votesDeadLetters", [writeVote(aVote({ lawId: LAW }))]);
    expect(await act("redrive", { queues: ["votes", "outcomes"] })).toMatchObject({
      queues: [
        { queue: "votes", moved: 1 },
        { queue: "outcomes", moved: 0 },
      ],
    });
    expect(await act("undo-set-aside", { fingerprint })).toEqual({ fingerprint, sent_back: 1 });
    await env.until("nothing but what nobody can read is left", async () => {
      const { depths } = ACTS["queue-depths"].result.parse(await act("queue-depths", {}));
      return depths.votes.waiting + depths.votes.under_way + depths.outcomes.waiting + depths.outcomes.under_way === 0;
    });
    await act("dead-letters", { queue: "votes" });
    await act("set-aside", request);
    expect(await act("plan-settling", { law_id: LAW })).toMatchObject({ law_id: LAW, would_count: 0, complete: true });
    expect(await act("settle", { law_id: LAW })).toMatchObject({ law_id: LAW, counted: 0, sent_back: 0 });
  });

  test("acts on the ledger and receipts", async () => {
    const comparison = randomUUID();
    await act("take-accepted", { comparison, request_ids: ["nobody-knows-it"] });
    expect(await act("ledger", { laws: [LAW], comparison })).toMatchObject({
      laws: [{ law_id: LAW, voters: 2 }],
      accepted: { total: 1, missing: { count: 1 } },
    });
    expect(await act("compare-receipts", {})).toMatchObject({ missing: 0, orphans: 0 });
    const found = ACTS["restore-receipts"].result.parse(await act("restore-receipts", {}));
    expect(found).toMatchObject({ written: 0, orphans: 0 });
    expect(await act("list-orphans", { comparison: found.comparison })).toEqual({ orphans: [] });
    // Another list than the one that was looked at is not marked.
    await refused("mark-lost", { orphans: 0, sha256: NONE }, 409);
    expect(await act("mark-lost", { orphans: 0, sha256: found.sha256 })).toMatchObject({ marked: 0 });
  });

  test("acts on a law that has closed", async () => {
    const window = { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" };
    expect(await act("change-draft", { law_id: OTHER_LAW, ...window, expected_voters: 2 })).toMatchObject({
      law: { state: "draft", expected_voters: 2 },
      changed: true,
    });
    expect(await act("seal-roll", { law_id: OTHER_LAW, expect: 2 })).toMatchObject({ law: { state: "closed" } });
    expect(await act("plan-count", { law_id: OTHER_LAW })).toMatchObject({ counted: 0 });
    expect(await act("count-law", { law_id: OTHER_LAW })).toMatchObject({
      law: { state: "counted" },
      count: { oui: 0, non: 0, counted: 0 },
    });
  });

  test("acts on a sealed law, with the keys of its trustees, its box, and what they have opened", async () => {
    const law_id = "door-sealed";
    const window = { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" };
    const added = ACTS["add-law"].result.parse(
      await act("add-law", { law_id, title: "A law", form: "sealed", proof: "voter", ...window }),
    );
    expect(await act("change-promise-key", { law_id })).toMatchObject({ law: { law_id }, changed: false });
    const trustees = testTrustees(law_id, added.law.origin ?? "");
    expect(trustees.publicFile.origin).toMatch(/^local\/door-sealed\/[0-9a-f]{16}$/);
    const laws = [law_id];
    const file = { sha256: FILE, name: "roll.csv", lines: 2, voters: 2, chunks: [chunkDigest(CHUNK)] };
    await act("begin-load", { laws, file });
    await act("load-chunk", { laws, sha256: FILE, number: 0, voters: CHUNK });
    await act("finish-load", { laws, sha256: FILE });
    await refused("seal-roll", { law_id, expect: 2 }, 409);
    await act("register-keys", { law_id, keys: trustees.publicFile });
    const statement = trustees.statement(1, 2);
    expect(await act("register-test-opening", { law_id, statement })).toMatchObject({
      law: { trustees: { tested: true } },
    });
    await act("seal-roll", { law_id, expect: 2 });
    expect(await act("plan-count", { law_id })).toMatchObject({ box: "open" });
    expect(await act("count-law", { law_id })).toMatchObject({ count: null, box: { envelopes: 0, openings: [] } });
    const { header, sha256: boxSha256 } = ACTS["export-box"].result.parse(await act("export-box", { law_id }));
    expect(await act("read-box", { law_id })).toEqual({ envelopes: "", last: null });
    const list = (counts: readonly number[]) => {
      const opened = { counts: [...counts], trackers: [[], []], spoiled: [] };
      const { keys } = trustees.secret;
      return [...writeOpening(keys, electionOf(trustees.publicFile), header, boxSha256, opened).lines].join("");
    };
    const text = list([0, 0]);
    const sha256 = createHash("sha256").update(text).digest("hex");
    const bring = async () => {
      expect(await act("send-opening", { law_id, sha256, number: 0, text })).toEqual({ next_piece: 1 });
      return act("bring-opening", { law_id, sha256, pieces: 1 });
    };
    expect(await bring()).toMatchObject({ number: 1, envelopes: 0 });
    expect(await act("withdraw-opening", { law_id, sha256, reason: "a test" })).toEqual({ law_id, sha256 });
    expect([await bring(), await bring()]).toMatchObject([{ number: 1 }, { number: 2 }]);
    expect(await act("count-law", { law_id })).toMatchObject({
      law: { state: "counted" },
      count: { counted: 0, spoiled: 0 },
    });
    const certified = ACTS["certify-law"].result.parse(await act("certify-law", { law_id }));
    expect(certified).toMatchObject({ law: { state: "certified" } });
    expect(await act("publish-law", { law_id })).toMatchObject({
      ...{
        law: { state: "published" },
        submissions: 0,
        submission_parts: 1,
        opened_parts: 1,
        sha256: certified.sha256,
      },
    });
    const { rows } = await env.target.pool.query("select * from opening_pieces");
    expect(rows).toEqual([]);
  });

  test("acts on a law whose legal term is over", async () => {
    const law_id = OTHER_LAW;
    expect(await act("hold-law", { law_id, reason: "a test" })).toEqual({ law_id });
    await refused("destroy-law", { law_id }, 409);
    expect(await act("release-hold", { law_id, reason: "a test" })).toEqual({ law_id });
    expect(await act("plan-destruction", { law_id })).toMatchObject({
      voters: 2,
      plan: { hold: null, rows_gone: false },
    });
    expect(await act("destroy-law", { law_id })).toMatchObject({
      law: { state: "destroyed" },
      removed: { voter_roll: 2 },
    });
    expect(await act("clear-destroyed-roll", { law_id })).toMatchObject({
      certificate: { law_id, concluded_as: "counted", removed: { voter_roll: 2, roll_in_redis: 2 } },
    });
  });

  test("acts after a restore of PostgreSQL, when nothing is missing", async () => {
    expect(await act("restore-acts", {})).toMatchObject({ entries: 0, set_aside: 0 });
    expect(await act("restore-roll-changes", {})).toEqual({ changes: 0, waiting: [] });
    await refused("restore-log", { law_id: LAW }, 409);
    expect(await act("restore-log", { law_id: "door-sealed" })).toMatchObject({ law_id: "door-sealed", epochs: 0 });
  });

  test("looks at the stage, and decisions on proposals", async () => {
    const seen = ACTS.stage.result.parse(await act("stage", {}));
    const answering = Object.entries(seen.services).map(([name, { answers }]) => [name, answers]);
    expect(answering).toEqual(["postgresql", "redis", "dynamodb", "sqs", "lambda"].map((name) => [name, true]));
    expect(seen.mappings).toMatchObject({ validate: { state: "Enabled" }, aggregate: { state: "Enabled" } });
    expect(seen.laws?.find(({ law_id }) => law_id === LAW)).toMatchObject({ voters: 2, cached: 2, complete: true });
    const watched = ACTS["watch-stage"].result.parse(await act("watch-stage", {}));
    expect(watched).toMatchObject({ operator: { name: OPERATOR, pinned: true }, proposals: [], two_people: false });
    expect(watched.laws?.find(({ law_id }) => law_id === LAW)).toMatchObject({ complete: true, unfinished: [] });
    expect(watched.entries?.length).toBeGreaterThan(0);
    expect(await act("list-proposals", { all: true })).toEqual({ proposals: [] });
    // There is none on a stage for one person, and a claimed name could not decide on it.
    const unknown = { id: randomUUID(), hash: NONE };
    for (const name of ["approve", "refuse"] as const) {
      expect(await refused(name, unknown, 404)).toMatchObject({ code: "no_such_proposal" });
    }
  });

  test("every act that there is", async () => {
    await journal();
    expect([...called.keys()].toSorted()).toEqual(Object.keys(ACTS).toSorted());
  });
});

describe("the journal of the local stack", () => {
  test("has the begin and the end of every act that changes something, and who did it", async () => {
    const { entries, last } = await journal();
    expect(last).toBe(entries.length);
    expect(brokenChain(entries)).toBeUndefined();
    for (const [name, run] of called) {
      const { group } = ACTS[name];
      // Of the pieces of an act there is no entry, and none of bringing nothing back.
      const without = ["load-chunk", "read-box", "send-opening", "restore-acts"];
      const isKept = (group === "acts" || group === "rolls") && !without.includes(name);
      const phases = entries.filter((entry) => entry.run === run).map(({ act: of, phase }) => `${of} ${phase}`);
      expect(phases, name).toEqual(isKept ? [`${name} begun`, `${name} done`] : []);
    }
    expect(new Set(entries.map(({ operator, identity }) => `${identity}: ${operator}`))).toEqual(
      new Set([`claimed: ${OPERATOR}`]),
    );
  });

  test("has no NAS, no code and no digest of a roll file in it", async () => {
    const { entries } = await journal();
    const text = JSON.stringify(entries);
    for (const secret of ["046454286", "130692544", "AB12CD", "EF34GH", "193456787", "GH56JK", FILE])
      expect(text).not.toContain(secret);
  });

  test.each([
    ["changed", "update journal set operator = 'somebody else' where number = 1"],
    ["deleted from", "delete from journal where number = 1"],
    ["emptied", "truncate journal"],
  ])("cannot be %s, by the functions or by the database's administrator", async (_, statement) => {
    const before = await journal();
    await expect(env.target.pool.query(statement)).rejects.toThrow(/the journal is only added to/);
    for (const role of ["referendum_operate", "referendum_roll"]) {
      const client = await env.target.pool.connect();
      try {
        await client.query("begin");
        await client.query(`set local role ${role}`);
        await expect(client.query(statement), role).rejects.toThrow(/permission denied for table journal/);
      } finally {
        await client.query("rollback");
        client.release();
      }
    }
    expect(await journal()).toEqual(before);
  });
});
