import { createHash, randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { queueDepths } from "../../../operations/queues/depths.ts";
import { fingerprints } from "../../../operations/queues/set-aside.ts";
import { requestHash } from "../../../shared/domain/canonical-json.ts";
import { brokenChain } from "../../../shared/domain/journal.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import { issueRequestId } from "../../../shared/domain/request-id.ts";
import * as journal from "../../../shared/messages/operators/journal.ts";
import { closeLaw, freezeLaw, unfreezeLaw } from "../../../shared/messages/operators/laws.ts";
import { factsOfAnswer, ledger, takeAccepted } from "../../../shared/messages/operators/ledger.ts";
import * as queues from "../../../shared/messages/operators/queues.ts";
import { listOrphans, markLost, restoreReceipts } from "../../../shared/messages/operators/receipts.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { aVote } from "../../support/factories.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { putOn } from "../../support/queues.ts";
import { doorOn, journalPhases, SET_ASIDE_KEYS, somebody } from "../support/door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let door: ReturnType<typeof doorOn>;
let twoPeople: ReturnType<typeof doorOn>;
let laws = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  door = doorOn(stack);
  twoPeople = doorOn(stack, true);
});
afterAll(() => stack?.stop());
afterEach(async () => {
  const { PurgeQueueCommand } = await import("@aws-sdk/client-sqs");
  for (const output of ["VotesQueueUrl", "OutcomesQueueUrl", "VotesDlqUrl", "OutcomesDlqUrl"]) {
    await stack.target.sqs.send(new PurgeQueueCommand({ QueueUrl: stack.target.output(output) }));
  }
});

async function newLaw(): Promise<string> {
  return (await addReadyLaw(stack.target, { lawId: `door-${++laws}`, title: "A law" })).lawId;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const phasesOf = (run: string) => journalPhases(stack, run);

/** What the journal says of a run, or of everything. */
async function entriesOf(run?: string): Promise<readonly { readonly operator: string; readonly content: string }[]> {
  const { rows } = await stack.target.pool.query(
    "select operator, content from journal where $1::uuid is null or run = $1 order by number",
    [run ?? null],
  );
  return rows;
}

describe("a run", () => {
  test("leaves one entry when it begins and one when it has ended, however often it is sent", async () => {
    const law_id = await newLaw();
    const run = randomUUID();
    const result = await door.drive(freezeLaw, { run, request: { law_id } }, 2);
    expect(result).toMatchObject({ frozen: true, changed: true });
    expect(await phasesOf(run)).toEqual(["begun", "done"]);
  });

  test("that is refused leaves the refusal, and nothing else", async () => {
    const run = randomUUID();
    await expect(door.call(freezeLaw, { run, request: { law_id: "nothing" } })).rejects.toThrow(
      "There is no law nothing.",
    );
    expect(await phasesOf(run)).toEqual(["begun", "failed"]);
  });

  test("is one act: another act or request under its name is refused", async () => {
    const law_id = await newLaw();
    const run = randomUUID();
    await door.drive(freezeLaw, { run, request: { law_id } });
    await expect(door.call(unfreezeLaw, { run, request: { law_id } })).rejects.toThrow(/of another act/);
    // A freeze waits for nothing: it is done, and gets separate entries.
    const other = await newLaw();
    await door.call(freezeLaw, { run, request: { law_id: other } });
    expect(await phasesOf(run)).toEqual(["begun", "done"]);
    const { rows } = await stack.target.pool.query("select phase from journal where law_id = $1 order by number", [
      other,
    ]);
    expect(rows.map(({ phase }) => phase)).toEqual(["begun", "done"]);
    expect((await stack.target.laws.get(law_id))?.frozen).toBe(true);
  });

  test("does not go on that has not begun: its beginning would not be in the journal", async () => {
    await putOn(stack.target, "votesDeadLetters", [writeVote(aVote({ lawId: "any" }))]);
    const call = door.call(queues.redrive, { request: { queues: ["votes"] }, cursor: { done: [] } });
    await expect(call).rejects.toThrow(/has not begun/);
    expect(await queueDepths(stack.target)).toMatchObject({ votes: 0, votesDeadLetters: 1 });
  });
});

describe("the journal", () => {
  test("is a chain whose hashes the program computes as the database does, whatever was written", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((one) => one.replaceAll("\0", ""));
    await fc.assert(
      fc.asyncProperty(text, text, fc.option(text), async (act, content, law) => {
        await stack.target.pool.query("select append_journal($1, 'begun', $2, $3, $4, $5, $6, $7)", [
          act,
          law,
          act,
          content,
          act,
          randomUUID(),
          content,
        ]);
      }),
      { numRuns: 30 },
    );
    const { rows } = await stack.target.pool.query(
      `select number::int, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, act, phase, law_id,
         operator, identity, release, run::text, content, encode(previous, 'hex') as previous, encode(hash, 'hex') as hash
       from journal order by number`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(30);
    expect(brokenChain(rows)).toBeUndefined();
    rows[3].content = `${rows[3].content}.`;
    expect(brokenChain(rows)).toBe("entry 4 was changed after it was written");
  });

  test.each(["update journal set act = 'x'", "delete from journal", "truncate journal"])(
    "refuses to be changed, to its owner and to the functions: %s",
    async (statement) => {
      await door.drive(freezeLaw, { request: { law_id: await newLaw() } });
      for (const role of ["referendum_owner", "referendum_operate", "referendum_roll", "referendum_writer", "none"]) {
        const client = await stack.target.pool.connect();
        try {
          await client.query(`set role ${role}`);
          await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
        } finally {
          await client.query("reset role");
          client.release();
        }
      }
    },
  );

  test.each(["referendum_reader", "referendum_writer", "referendum_auditor"])(
    "takes no entry from %s",
    async (role) => {
      const client = await stack.target.pool.connect();
      try {
        await client.query(`set role ${role}`);
        const append = client.query(
          "select append_journal('a', 'begun', null, 'o', 'i', '1', gen_random_uuid(), '{}')",
        );
        await expect(append).rejects.toMatchObject({ code: "42501" });
      } finally {
        await client.query("reset role");
        client.release();
      }
    },
  );
});

describe("two people", () => {
  const [anna, bruno] = [somebody("anna"), somebody("bruno")];

  async function proposed() {
    const law_id = await newLaw();
    const request = { law_id };
    const answer = await twoPeople.call(closeLaw, { request, by: anna });
    if (!("proposal" in answer)) throw new Error("it was done");
    return { request, law_id, proposal: answer.proposal };
  }

  const decision = ({ id, hash }: { id: string; hash: string }) => ({ request: { id, hash } });

  test("want an act: it is done once, as it was proposed, and the journal names both", async () => {
    const { request, law_id, proposal } = await proposed();
    expect(proposal.hash).toBe(requestHash("close-law", request));
    const carry = { request, group: "approved", proposal: proposal.id, by: anna } as const;
    await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow(/is pending; nothing was done/);
    await twoPeople.call(journal.approve, { ...decision(proposal), by: bruno });
    const first = await twoPeople.call(closeLaw, carry);
    expect(await twoPeople.call(closeLaw, carry)).toEqual(first);
    expect(await phasesOf(proposal.id)).toEqual(["proposed", "approved", "begun", "done"]);
    const entries = await entriesOf(proposal.id);
    expect(entries.map(({ operator }) => operator)).toEqual(["anna", "bruno", "anna", "anna"]);
    expect((await stack.target.laws.get(law_id))?.closesAt).toBeDefined();
  });

  test.each([
    ["the proposer", anna, /second person must decide/],
    ["somebody whose name nothing pins", somebody("carla", false), /nothing ties it to a person/],
  ] as const)("are not %s alone", async (_, who, words) => {
    const { proposal } = await proposed();
    await expect(twoPeople.call(journal.approve, { ...decision(proposal), by: who })).rejects.toThrow(words);
    await expect(twoPeople.call(journal.refuse, { ...decision(proposal), by: who })).rejects.toThrow(words);
  });

  test("are not one person with two sessions: whose name nothing pins neither proposes nor carries out, and still acts alone", async () => {
    const unpinned = somebody("whoever-i-like", false);
    const law_id = await newLaw();
    const run = randomUUID();
    const refused = { code: "identity_not_pinned" };
    await expect(twoPeople.call(closeLaw, { request: { law_id }, run, by: unpinned })).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/nothing ties it to a person: who proposes an act .* must use a role that does/),
    });
    expect(await phasesOf(run)).toEqual([]);

    const { request, proposal } = await proposed();
    await twoPeople.call(journal.approve, { ...decision(proposal), by: bruno });
    const carry = { request, group: "approved", proposal: proposal.id } as const;
    await expect(twoPeople.call(closeLaw, { ...carry, by: unpinned })).rejects.toMatchObject(refused);
    expect(await phasesOf(proposal.id)).toEqual(["proposed", "approved"]);
    await twoPeople.call(closeLaw, { ...carry, by: anna });

    await twoPeople.drive(freezeLaw, { request: { law_id }, by: unpinned });
    await twoPeople.drive(unfreezeLaw, { request: { law_id }, by: unpinned });
    // Where one person is enough, nobody is asked who they are.
    await door.drive(closeLaw, { request: { law_id }, by: unpinned });
  });

  test("do not carry out another request, nor one that has ended or is refused", async () => {
    const { request, proposal } = await proposed();
    await twoPeople.call(journal.approve, { ...decision(proposal), by: bruno });
    const other = { request: { law_id: await newLaw() }, group: "approved", proposal: proposal.id } as const;
    await expect(twoPeople.call(closeLaw, other)).rejects.toThrow(/something else/);
    const late = await proposed();
    await stack.target.pool.query("update proposals set expires_at = now() - interval '1 s' where id = $1", [
      late.proposal.id,
    ]);
    await expect(twoPeople.call(journal.approve, { ...decision(late.proposal), by: bruno })).rejects.toThrow(/expired/);
    const refused = await proposed();
    await twoPeople.call(journal.refuse, { ...decision(refused.proposal), by: bruno });
    const carry = { request: refused.request, group: "approved", proposal: refused.proposal.id } as const;
    await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow(/is refused; nothing was done/);
    expect(request.law_id).not.toBe(refused.request.law_id);
  });

  test("do not approve what they have not seen, and what is approved is checked again when it is carried out", async () => {
    const { request, law_id, proposal } = await proposed();
    const unseen = { request: { id: proposal.id, hash: "0".repeat(64) }, by: bruno };
    await expect(twoPeople.call(journal.approve, unseen)).rejects.toThrow(/not what was shown/);
    await twoPeople.call(journal.approve, { ...decision(proposal), by: bruno });
    const get = vi.spyOn(Object.getPrototypeOf(stack.target.laws), "get").mockResolvedValue(undefined);
    try {
      const carry = { request, group: "approved", proposal: proposal.id } as const;
      await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow(`There is no law ${law_id}.`);
    } finally {
      get.mockRestore();
    }
  });
});

describe("a proposal's run", () => {
  const [anna, bruno] = [somebody("anna"), somebody("bruno")];

  async function stateOf(id: string): Promise<unknown> {
    const { proposals } = journal.listProposals.result.parse(
      await twoPeople.drive(journal.listProposals, { request: { id }, by: bruno }),
    );
    return proposals.map(({ state }) => state);
  }

  test("is not taken by another act, so that nobody can make it look as if it had begun", async () => {
    const [first, law_id] = [await newLaw(), await newLaw()];
    const closing = await twoPeople.call(closeLaw, { request: { law_id: first }, by: anna });
    if (!("proposal" in closing)) throw new Error("it was done");
    const { id, hash } = closing.proposal;
    await expect(twoPeople.call(unfreezeLaw, { request: { law_id }, run: id, by: anna })).rejects.toThrow(
      /is that of a proposal: take a new one/,
    );
    // A freeze is done before anything is looked at, and its entries get a new run.
    await twoPeople.call(freezeLaw, { request: { law_id }, run: id, by: anna });
    expect(await stateOf(id)).toEqual(["pending"]);
    expect(await phasesOf(id)).toEqual(["proposed"]);
    const entries = await entriesOf();
    expect(entries.filter(({ content }) => content.includes(law_id)).length).toBeGreaterThanOrEqual(2);
    await twoPeople.call(journal.approve, { request: { id, hash }, by: bruno });
    expect(await stateOf(id)).toEqual(["approved"]);
  });

  test("of an act that has begun cannot be proposed", async () => {
    const law_id = await newLaw();
    const run = randomUUID();
    await twoPeople.call(freezeLaw, { request: { law_id }, run, by: anna });
    await expect(twoPeople.call(closeLaw, { request: { law_id }, run, by: anna })).rejects.toThrow(
      /is that of an act: take a new one/,
    );
  });

  test("ends when its time is over, also after it was approved and its act was refused", async () => {
    const law_id = await newLaw();
    const closing = await twoPeople.call(closeLaw, { request: { law_id }, by: anna });
    if (!("proposal" in closing)) throw new Error("it was done");
    const { id, hash } = closing.proposal;
    await twoPeople.call(journal.approve, { request: { id, hash }, by: bruno });
    const get = vi.spyOn(Object.getPrototypeOf(stack.target.laws), "get").mockResolvedValue(undefined);
    const carry = { request: { law_id }, group: "approved", proposal: id } as const;
    await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow(/There is no law/);
    get.mockRestore();
    expect(await stateOf(id)).toEqual(["approved"]);
    await stack.target.pool.query("update proposals set expires_at = now() - interval '1 s' where id = $1", [id]);
    expect(await stateOf(id)).toEqual(["expired"]);
    await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow(/is expired; nothing was done/);
  });
});

describe("an approved act that is refused", () => {
  test("leaves two entries each time, and once begun again it can be completed after the proposal's time", async () => {
    const [anna, bruno] = [somebody("anna"), somebody("bruno")];
    const law_id = await newLaw();
    const closing = await twoPeople.call(closeLaw, { request: { law_id }, by: anna });
    if (!("proposal" in closing)) throw new Error("it was done");
    const { id, hash } = closing.proposal;
    await twoPeople.call(journal.approve, { request: { id, hash }, by: bruno });
    const carry = { request: { law_id }, group: "approved", proposal: id } as const;
    const laws = Object.getPrototypeOf(stack.target.laws);
    const gone = vi.spyOn(laws, "get").mockResolvedValue(undefined);
    await expect(twoPeople.call(closeLaw, { ...carry, by: bruno })).rejects.toThrow(/There is no law/);
    await expect(twoPeople.call(closeLaw, { ...carry, by: anna })).rejects.toThrow(/There is no law/);
    gone.mockRestore();
    const refused = ["proposed", "approved", "begun", "failed", "begun", "failed"];
    expect(await phasesOf(id)).toEqual(refused);
    // The third time the function ends in the middle, and the time of the proposal is over.
    const away = vi.spyOn(laws, "get").mockRejectedValue(new Error("the function ended"));
    await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow("the function ended");
    away.mockRestore();
    await stack.target.pool.query("update proposals set expires_at = now() - interval '1 s' where id = $1", [id]);
    await twoPeople.drive(closeLaw, { ...carry, run: id });
    expect(await phasesOf(id)).toEqual([...refused, "begun", "done"]);
    const late = { request: { id, hash }, by: bruno };
    await expect(twoPeople.call(journal.refuse, late)).rejects.toThrow(/is done already/);
  });
});

describe("dead letters", () => {
  test("are sent back by steps; what nothing can read is left and counted", async () => {
    const votes = Array.from({ length: 25 }, () => writeVote(aVote({ lawId: "any" })));
    await putOn(stack.target, "votesDeadLetters", [...votes, "poison"]);
    expect(await door.drive(queues.redrive, { request: { queues: ["votes", "outcomes"], max: 12 } })).toMatchObject({
      queues: [{ queue: "votes", moved: 12 }],
    });
    const rest = { queue: "votes", moved: 13, unreadable: 1, unconfirmed: 0, hidden: 0 };
    expect(await door.drive(queues.redrive, { request: { queues: ["votes", "outcomes"] } })).toMatchObject({
      queues: [rest, { queue: "outcomes", moved: 0 }],
    });
    expect(await queueDepths(stack.target)).toMatchObject({ votes: 25, votesDeadLetters: 1 });
  });

  test("that nothing can read are set aside without their text, and sent back unchanged", async () => {
    const body = JSON.stringify({ v: 99, request_id: "AQ-of-a-later-release", choice: "oui" });
    await putOn(stack.target, "votesDeadLetters", [body, body, "other", writeVote(aVote({ lawId: "any" }))]);
    const look = await door.drive(queues.deadLetters, { request: { queue: "votes" } });
    expect(look).toMatchObject({ readable: 1, complete: true });
    const { unreadable } = queues.deadLetters.result.parse(look);
    const found = unreadable.find(({ messages }) => messages === 2);
    const fingerprint = fingerprints(SET_ASIDE_KEYS)(body);
    expect(found).toEqual({ fingerprint, bytes: body.length, messages: 2, law_id: null });
    // Of a vote of another release, a plain hash would tell the choice to whoever tries both.
    expect(fingerprint).not.toBe(sha256(body));
    const request = { queue: "votes", fingerprint, reason: "of no release" };
    expect(await door.drive(queues.setAside, { request }, 2)).toEqual({ queue: "votes", fingerprint, set_aside: 2 });
    expect(await queueDepths(stack.target)).toMatchObject({ votesDeadLetters: 2 });
    const { rows } = await stack.target.pool.query(
      "select body, request_id from set_aside where fingerprint = decode($1, 'hex')",
      [fingerprint],
    );
    expect(rows.map(({ request_id }) => request_id)).toEqual(["AQ-of-a-later-release", "AQ-of-a-later-release"]);
    for (const row of rows) expect(row.body.toString("latin1")).not.toContain("choice");
    await expect(door.call(queues.setAside, { request })).rejects.toThrow(/No dead letter of votes/);
    expect(await door.drive(queues.undoSetAside, { request: { fingerprint } }, 2)).toEqual({
      fingerprint,
      sent_back: 2,
    });
    expect(await queueDepths(stack.target)).toMatchObject({ votes: 2, votesDeadLetters: 2 });
    const list = await door.drive(queues.listSetAside, { request: {} });
    expect(list).toMatchObject({ messages: [{ fingerprint, messages: 2, reason: "of no release", undone: true }] });
    expect(JSON.stringify(await entriesOf())).not.toContain("choice");
  });

  test("that name a submission of a law are set aside, and sent back, by acts that name the law", async () => {
    const request_id = issueRequestId(Buffer.alloc(16, 1), "named-law", 1, Buffer.alloc(32, 2));
    const body = JSON.stringify({ v: 99, request_id });
    const fingerprint = fingerprints(SET_ASIDE_KEYS)(body);
    await putOn(stack.target, "votesDeadLetters", [body]);
    const { unreadable } = queues.deadLetters.result.parse(
      await door.drive(queues.deadLetters, { request: { queue: "votes" } }),
    );
    expect(unreadable.find((one) => one.fingerprint === fingerprint)).toMatchObject({ law_id: "named-law" });
    const request = { queue: "votes", fingerprint, reason: "of no release" };
    for (const law of [{}, { law_id: "another-law" }]) {
      const refused = door.call(queues.setAside, { request: { ...request, ...law } });
      await expect(refused).rejects.toThrow(/names a submission of named-law, and the act names/);
    }
    await door.drive(queues.setAside, { request: { ...request, law_id: "named-law" } });
    await door.drive(queues.undoSetAside, { request: { fingerprint, law_id: "named-law" } });
    const { rows } = await stack.target.pool.query(
      "select act from journal where law_id = 'named-law' and phase = 'done' order by number",
    );
    expect(rows.map(({ act }) => act)).toEqual(["set-aside", "undo-set-aside"]);
  });

  test("that are votes are never set aside, and one that was cut off is completed by the same run", async () => {
    const vote = writeVote(aVote({ lawId: "any" }));
    await putOn(stack.target, "votesDeadLetters", [vote, "junk"]);
    const request = { queue: "votes", fingerprint: fingerprints(SET_ASIDE_KEYS)(vote), reason: "by mistake" };
    await expect(door.call(queues.setAside, { request })).rejects.toThrow(/No dead letter/);
    expect(await queueDepths(stack.target)).toMatchObject({ votesDeadLetters: 2 });
    // Kept and deleted, and then the function ended before it could say so.
    const run = randomUUID();
    const junk = { run, request: { ...request, fingerprint: fingerprints(SET_ASIDE_KEYS)("junk") } };
    await door.drive(queues.setAside, junk);
    await stack.target.pool.query("alter table journal disable trigger journal_is_append_only");
    const { rows } = await stack.target.pool.query(
      "delete from journal where run = $1 and phase = 'done' returning number",
      [run],
    );
    archiveOf(stack.target).objects.objects.delete(`journal/${String(rows[0]?.number).padStart(12, "0")}`);
    await stack.target.pool.query("alter table journal enable trigger journal_is_append_only");
    expect(await door.drive(queues.setAside, junk)).toMatchObject({ set_aside: 1 });
  });
});

test("a run that was refused at its first step does not go on by a made-up cursor", async () => {
  const run = randomUUID();
  const request = { queue: "votes", fingerprint: "0".repeat(64), reason: "nobody has it" };
  await expect(door.call(queues.setAside, { request, run })).rejects.toThrow(/No dead letter of votes/);
  await expect(door.call(queues.setAside, { request, run, cursor: { set_aside: 0 } })).rejects.toThrow(
    /was refused: send the first step again/,
  );
  await expect(door.call(queues.setAside, { request, run })).rejects.toThrow(/No dead letter of votes/);
});

describe("the ledger", () => {
  test("is found clean or broken by steps, each done twice, and its tables are gone", async () => {
    const law_id = await newLaw();
    const check = async (comparison?: string) => {
      const request = { laws: [law_id], ...(comparison === undefined ? {} : { comparison }) };
      const result = ledger.result.parse(await door.drive(ledger, { request }));
      return checkLedger(factsOfAnswer(result));
    };
    expect(await check()).toEqual({ verdict: "clean", findings: [], advice: [] });
    const comparison = randomUUID();
    await door.drive(takeAccepted, { request: { comparison, request_ids: ["AQ-lost"] } }, 2);
    expect((await check(comparison)).findings.map(({ message }) => message)).toEqual([
      "1 of 1 accepted submissions are neither audited nor in a queue: AQ-lost",
    ]);
    const { rows } = await stack.target.pool.query("select relname from pg_class where relname like 'seen\\_%'");
    expect(rows).toEqual([]);
  });

  test("is not judged by facts of several instants when votes were recorded meanwhile", async () => {
    const facts = { laws: [], depths: { votes: 0, outcomes: 0, votesDeadLetters: 0, outcomesDeadLetters: 0 } };
    expect(checkLedger({ ...facts, meanwhile: "torn" })).toMatchObject({ verdict: "pending", findings: [] });
  });
});

describe("receipts", () => {
  test("of what PostgreSQL does not know are listed, and lost once exactly that list is named", async () => {
    const law_id = await newLaw();
    const store = new DynamoReceiptStore(stack.target.dynamoDb, "receipts", {
      pause: async () => undefined,
      onError: (error) => {
        throw error;
      },
    });
    const { requestId } = aVote({ lawId: law_id });
    const at = new Date().toISOString();
    await store.putAll([{ requestId, lawId: law_id, status: "counted", acceptedAt: at, updatedAt: at }]);
    const found = restoreReceipts.result.parse(await door.drive(restoreReceipts, { request: {} }));
    expect(found).toMatchObject({ written: 0, orphans: 1, counted: 1 });
    const { comparison, orphans } = found;
    const list = await door.drive(listOrphans, { request: { comparison } });
    expect(list).toEqual({ orphans: [{ request_id: requestId, law_id, status: "counted", accepted_at: at }] });
    expect(found.sha256).toBe(sha256(`request_id,law_id,status,accepted_at\n${requestId},${law_id},counted,${at}\n`));
    await expect(door.drive(markLost, { request: { orphans, sha256: "0".repeat(64) } })).rejects.toThrow(
      /not the list/,
    );
    await putOn(stack.target, "votesDeadLetters", ["anything"]);
    await expect(door.drive(markLost, { request: { orphans, sha256: found.sha256 } })).rejects.toThrow(
      /not known yet what is lost/,
    );
    const { PurgeQueueCommand } = await import("@aws-sdk/client-sqs");
    await stack.target.sqs.send(new PurgeQueueCommand({ QueueUrl: stack.target.output("VotesDlqUrl") }));
    expect(await store.get(requestId)).toMatchObject({ status: "counted" });
    expect(await door.drive(markLost, { request: { orphans, sha256: found.sha256 } }, 2)).toMatchObject({ marked: 1 });
    expect(await store.get(requestId)).toMatchObject({ status: "lost" });
  });
});
