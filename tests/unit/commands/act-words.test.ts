import { describe, expect, test } from "vitest";
import { describeOutcome, describeWish } from "../../../commands/ops/act-words.ts";
import { ACTS } from "../../../shared/messages/operators/acts.ts";

const law = {
  ...{ law_id: "L1", title: "Yes?", title_fr: "Oui ?", title_en: "Yes?" },
  ...{ opens_at: "2026-11-24T13:00:00.000Z", closes_at: null, planned_opens_at: null, planned_closes_at: null },
  ...{
    earlier_windows: [],
    utc_offset: "Z",
    state: "draft",
    frozen: false,
    sealed_voters: null,
    expected_voters: 1_200,
    results: "live",
    pepper_id: null,
    codes: "any",
    key_version: 1,
    version: 1,
  },
};
const roll = { law_id: "L1", voters: 1_200, cached: 1_200, complete: true, unfinished: [] };
const loaded = { ...roll, loaded: 1_000, known: 200, conflicts: 0, conflict_lines: [], refused: 0, refused_lines: [] };

/** Acts that one person does and the journal keeps: what was wanted and done, as it keeps it, and the words. */
const EXAMPLES: Readonly<Record<string, readonly [request: unknown, wish: string, result: unknown, outcome: string]>> =
  {
    "add-law": [
      { law_id: "L1", title: "Yes?" },
      "add the law L1: “Yes?”",
      { law, like_it: null },
      "L1 is a draft: it takes votes from 2026-11-24T13:00:00+00:00 until it is closed, once its roll is sealed. " +
        "It expects 1,200 voters.",
    ],
    "change-draft": [
      { law_id: "L1", expected_voters: 1_200 },
      "change the draft of L1",
      { law: { ...law, results: "after_close" }, changed: true },
      "L1 is a draft: it takes votes from 2026-11-24T13:00:00+00:00 until it is closed, once its roll is sealed. " +
        "It expects 1,200 voters. Its results are public after it has closed.",
    ],
    "export-box": [
      { law_id: "L1" },
      "export the box of L1 for its trustees",
      { law_id: "L1", header: { envelopes: 1_200 }, sha256: "0".repeat(64) },
      `1,200 envelopes; the SHA-256 of the file is ${"0".repeat(64)}.`,
    ],
    "bring-opening": [
      { law_id: "L1", sha256: "0".repeat(64), pieces: 3 },
      `bring an opening of the box of L1 with the SHA-256 ${"0".repeat(64)}`,
      {
        ...{ law_id: "L1", number: 1, sha256: "0".repeat(64), envelopes: 1_200 },
        spoiled: [{ reason: "not_authentic", ballots: 2 }],
      },
      `This is the first opening of the box of L1: 1,200 envelopes, spoiled: 2 not authentic; SHA-256 ${"0".repeat(64)}.\n` +
        "Another one that is equal is missing: npm run ops -- bring-opening L1 --file FILE",
    ],
    "freeze-law": [{ law_id: "L1" }, "freeze the law L1", { law_id: "L1", changed: true }, "L1 is frozen."],
    "unfreeze-law": [{ law_id: "L1" }, "unfreeze the law L1", { law_id: "L1", changed: false }, "L1 was not frozen."],
    "hold-law": [
      { law_id: "L1", reason: "case 12" },
      "put L1 on legal hold, because: case 12",
      { law_id: "L1" },
      "L1 is on legal hold.",
    ],
    "clear-destroyed-roll": [
      { law_id: "L1" },
      "remove the roll of L1 from Redis and end its destruction",
      { certificate: { law_id: "L1" } },
      "What was left of L1 is destroyed; npm run ops -- destroy L1 shows the certificate.",
    ],
    "begin-load": [
      { laws: ["L1", "L2"], file: { name: "roll.csv", voters: 1_200, lines: 1_201 } },
      "load 1,200 voters of roll.csv onto the roll of L1, L2",
      { next_chunk: 0 },
      "The file is sent from its beginning.",
    ],
    "finish-load": [
      { laws: ["L1"], sha256: "0" },
      "complete the load onto the roll of L1",
      { laws: [{ ...loaded, refused: 3 }] },
      "L1: 1000 new, 200 known, 3 refused; 1,200 voters on the roll.",
    ],
    "prepare-roll-change": [
      { law_id: "L1", kind: "replace", voters: 2 },
      "prepare to replace the codes of 2 voters of L1",
      { draft: "1234", voters: 2 },
      "It is prepared as 1234.",
    ],
    "stop-roll-work": [
      { laws: ["L1"] },
      "stop in the middle of work on the roll of L1",
      { laws: [{ law_id: "L1", unfinished: [{}] }] },
      "L1: work is unfinished.",
    ],
    "rebuild-rolls": [
      {},
      "restore the roll of every law in Redis",
      { laws: [{ ...roll, claims: 5 }], outcomes_left: 0, validate: "fed" },
      "L1: 1,200 voters, its votes are decided.",
    ],
    redrive: [
      { queues: ["votes"] },
      "send the dead letters of votes back to be handled again",
      { queues: [{ queue: "votes", moved: 3, unreadable: 1, unconfirmed: 0, hidden: 0 }] },
      "votes: 3 sent back, 1 left.",
    ],
    "restore-receipts": [
      {},
      "write the receipts that are missing",
      { written: 1, orphans: 2 },
      "1 receipt written. PostgreSQL knows nothing of 2 receipts.",
    ],
    "restore-acts": [
      {},
      "bring back what a restored PostgreSQL has lost of the journal and of messages that are set aside",
      { entries: 1, set_aside: 2, unfinished: [] },
      "1 entry of the journal and 2 messages set aside were brought back.",
    ],
    "restore-roll-changes": [
      {},
      "bring back changes of sealed rolls that a restored PostgreSQL has lost",
      { changes: 1, waiting: ["L1"] },
      "1 change brought back. Those of L1 wait until the roll is sealed again.",
    ],
  };

describe("the journal's words for acts of one person", () => {
  test.each(Object.entries(EXAMPLES))("%s", (act, [request, wish, result, outcome]) => {
    expect(describeWish(act, request)).toBe(wish);
    expect(describeOutcome(act, result)).toBe(outcome);
  });

  test("say of a change of a sealed roll how many it is about and when it is in force, and whom it is not about", () => {
    const draft = "00000000-0000-4000-8000-000000000001";
    const at = "2026-11-24T13:00:00.000Z";
    expect(describeWish("change-roll", { law_id: "L1", kind: "strike", draft, voters: 2 })).toBe(
      `strike 2 voters off the roll of L1, in force as soon as it is known everywhere (prepared as ${draft})`,
    );
    const change = { law_id: "L1", kind: "replace", voters: 1, in_force_at: at, on_roll: 7, digest: "a".repeat(64) };
    expect(describeOutcome("change-roll", { ...change, complete: true })).toMatch(
      /^1 code replaced, in force at .*: votes accepted before then are not affected\. The roll of L1 has 7 voters/,
    );
    expect(describeOutcome("change-roll", { ...change, complete: false })).toContain("votes wait: npm run ops");
    expect(describeOutcome("find-voter", { law_id: "L1", on_roll: true, has_voted: false })).toBe(
      "The person is on the roll of L1, and no vote of the person is counted.",
    );
  });

  test("are there for each", () => {
    // A piece leaves no entry: the act that it is a piece of does.
    const pieces = ["load-chunk", "read-box", "send-opening"];
    const acts = Object.values(ACTS).filter(
      ({ name, group, people }) => people === 1 && ["acts", "rolls"].includes(group) && !pieces.includes(name),
    );
    expect(Object.keys(EXAMPLES)).toEqual(expect.arrayContaining(acts.map(({ name }) => name)));
    expect(acts).not.toHaveLength(0);
  });

  test("are names and values when the entry is of another release's form", () => {
    expect(describeWish("redrive", { queue: "votes" })).toBe("redrive queue votes");
    expect(describeOutcome("redrive", { moved: 3 })).toBe("moved 3");
  });
});
