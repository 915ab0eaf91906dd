import type { CheckId } from "../../../client/verify/checks.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { noteOf } from "./log-files.ts";
import type { Hooks, MadeBundle } from "./make-bundle.ts";
import { numberOf, publicFileOf } from "./make-bundle.ts";
import { envelopeOf, type MadeSubmission, submission, testKey, trackerOf, type World } from "./world.ts";

/** What whoever checks has beside the bundle. */
interface Given {
  /** The key that is known. */
  readonly key?: string;
  /** The submission whose saved receipt is checked. */
  readonly receiptOf?: MadeSubmission;
  /** The saved receipt has no tracker. */
  readonly withoutTracker?: boolean;
  /** A bundle whose last checkpoint was seen before. */
  readonly seen?: MadeBundle;
  readonly box?: string;
  readonly roll?: string;
  readonly publicFile?: Record<string, unknown>;
}

/** A bundle in which exactly one thing is wrong. */
export interface Case {
  /** What was done. */
  readonly done: string;
  /** The only check that finds it. */
  readonly check: CheckId;
  readonly forms: readonly World["form"][];
  readonly world?: (world: World) => void;
  readonly hooks?: Hooks;
  /** What is given instead of what belongs to the bundle. `honest` is the same law without mischief. */
  readonly given?: (world: World, honest: MadeBundle, honestWorld: World) => Given;
}

const BOTH = ["open", "sealed"] as const;
const SEALED = ["sealed"] as const;

/** Changes a text of JSON. */
function edited(line: string | undefined, change: (fields: Record<string, never>) => void): string {
  const fields = JSON.parse(line ?? "{}");
  change(fields);
  return JSON.stringify(fields);
}

/** Changes the header of an opened list. */
function editHeader(
  lines: string[],
  change: (header: { sums: { ballots: number }[]; envelopes: number }) => void,
): void {
  lines[0] = edited(lines[0], (header) => change(header as unknown as Parameters<typeof change>[0]));
}

function addBallots(sums: readonly { ballots: number }[], option: number, ballots: number): void {
  const sum = sums[option];
  if (sum !== undefined) sum.ballots += ballots;
}

/** Moves a ballot from the first option to the second one. */
function moveBallot(lines: string[]): void {
  const at = lines.findIndex((line) => line.startsWith('{"option":"oui"'));
  lines[at] = (lines[at] ?? "").replace("oui", "non");
  const end = lines.findIndex((line) => line.startsWith('{"spoiled"'));
  const ballots = lines.slice(1, end).sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
  lines.splice(1, ballots.length, ...ballots);
  editHeader(lines, ({ sums }) => {
    addBallots(sums, 0, -1);
    addBallots(sums, 1, 1);
  });
}

function rank(line: string): string {
  const { option, tracker = "" } = JSON.parse(line);
  return `${option === "oui" ? 0 : 1}${tracker}`;
}

function flip(bytes: Buffer | undefined, at = 0): Buffer {
  const copy = Buffer.from(bytes ?? "");
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function entryOf(world: World, act: string) {
  const entry = world.journal.find((one) => one.act === act);
  if (entry === undefined) throw new Error(`no entry of ${act}`);
  return entry;
}

/** One thing wrong, and one check that finds it. */
export const CASES: readonly Case[] = [
  {
    done: "a file is left out",
    check: "1.01",
    forms: BOTH,
    hooks: { files: (files) => files.delete("journal.ndjson") },
  },
  {
    done: "a file of entries is left out",
    check: "1.01",
    forms: BOTH,
    hooks: {
      files: (files) => [...files.keys()].filter((path) => /entries/.test(path)).map((path) => files.delete(path)),
    },
  },
  { done: "a tile is left out", check: "1.01", forms: BOTH, hooks: { files: dropTiles } },
  {
    done: "a checkpoint is left out",
    check: "1.01",
    forms: BOTH,
    hooks: { files: (files) => files.delete("checkpoints/000000002") },
  },
  {
    done: "the description is signed by somebody else",
    check: "1.02",
    forms: BOTH,
    hooks: {
      files: (files) => {
        const text = `${files.get("description")}`.split("\n\n")[0] ?? "";
        files.set("description", noteOf(testKey("somebody-else"), `${text}\n`));
      },
    },
  },
  {
    done: "the whole bundle is made with another key",
    check: "1.03",
    forms: BOTH,
    world: (world) => {
      world.logKey = { ...testKey("somebody-else"), name: world.origin };
    },
    given: (_, honest) => ({ key: honest.key }),
  },
  {
    done: "the question was changed after the vote, and signed again",
    check: "1.04",
    forms: BOTH,
    hooks: { files: exchangeTitles },
  },
  {
    done: "the window was changed by a later description",
    check: "1.05",
    forms: BOTH,
    world: ({ descriptions }) => {
      Object.assign(descriptions[1]?.fields ?? {}, { opens_at: "2026-11-25T08:00:00.000Z" });
    },
  },
  {
    done: "a promise key is named by another id",
    check: "1.06",
    forms: BOTH,
    world: (world) => {
      const { promiseKeys, descriptions } = world;
      for (const { fields } of descriptions) {
        for (const key of fields["promise_keys"] as { key_id: string }[]) {
          if (key.key_id === promiseKeys[1]?.keyId) key.key_id = "00112233445566aa";
        }
      }
      Object.assign(promiseKeys[1] ?? {}, { keyId: "00112233445566aa" });
      entryOf(world, "change-promise-key").details = { changed: true, key_id: "00112233445566aa" };
    },
  },
  {
    done: "the roll was enlarged after it was sealed, without an act",
    check: "1.07",
    forms: BOTH,
    world: (world) => {
      entryOf(world, "change-roll").details = { kind: "add" };
    },
  },
  {
    done: "ballots were sealed for another key than the trustees'",
    check: "1.08",
    forms: SEALED,
    given: (_, __, world) => ({ publicFile: otherTrustees(world) }),
  },
  {
    done: "somebody was put on the roll before it was sealed",
    check: "1.09",
    forms: BOTH,
    given: (world) => ({
      roll: world.roll
        .slice(1)
        .map((voter) => `${voter.toString("hex")}\n`)
        .join(""),
    }),
  },
  {
    done: "a promise key was added without an act",
    check: "1.10",
    forms: BOTH,
    world: (world) => {
      entryOf(world, "change-promise-key").details = { changed: true };
    },
  },
  {
    done: "an act that was refused is passed off as one that gave a promise key",
    check: "1.10",
    forms: BOTH,
    world: (world) => {
      entryOf(world, "change-promise-key").phase = "failed";
    },
  },
  {
    done: "a promise key was taken away",
    check: "1.10",
    forms: BOTH,
    world: ({ descriptions }) => {
      const [, second] = descriptions;
      if (second !== undefined) second.fields["promise_keys"] = (second.fields["promise_keys"] as unknown[]).slice(1);
    },
  },
  {
    done: "a checkpoint is not signed by the log",
    check: "2.01",
    forms: BOTH,
    hooks: { files: (files) => files.set("checkpoints/000000002", resigned(files.get("checkpoints/000000002"))) },
  },
  {
    done: "the log was rewritten from one checkpoint to the next",
    check: "2.02",
    forms: BOTH,
    hooks: { checkpoints: (all) => all.splice(1, 1, { size: all[1]?.size ?? 0, root: flip(all[1]?.root) }) },
  },
  {
    done: "a checkpoint is over fewer entries than the one before",
    check: "2.02",
    forms: BOTH,
    hooks: { checkpoints: (all) => all.splice(1, 0, { size: (all[0]?.size ?? 0) - 1, root: flip(all[1]?.root) }) },
  },
  {
    done: "an entry was changed after the log had signed",
    check: "2.03",
    forms: BOTH,
    hooks: { checkpoints: (all) => all.splice(-1, 1, { size: all.at(-1)?.size ?? 0, root: flip(all.at(-1)?.root) }) },
  },
  {
    done: "a tile has other hashes than the entries",
    check: "2.04",
    forms: BOTH,
    hooks: {
      files: (files) => {
        const path = [...files.keys()].find((one) => one.startsWith("tile/0/")) ?? "";
        files.set(path, flip(files.get(path)));
      },
    },
  },
  {
    done: "the log is shorter than what somebody has seen",
    check: "2.05",
    forms: BOTH,
    world: dropLastEpoch,
    given: (_, honest) => ({ seen: honest }),
  },
  {
    done: "the log is another one than what somebody has seen",
    check: "2.05",
    forms: BOTH,
    world: ({ submissions, form }) => {
      submissions.push(submission(form, "shown to others only", [{ epoch: 1, status: "invalid" }]));
    },
    given: (_, honest) => ({ seen: honest }),
  },
  {
    done: "entries of an epoch are in the order in which they came",
    check: "2.06",
    forms: BOTH,
    hooks: { entries: (epochs) => epochs[1]?.reverse() },
  },
  {
    done: "a counted submission is counted again",
    check: "2.07",
    forms: BOTH,
    world: ({ submissions }) => {
      submissions[0]?.statuses.push({ epoch: 3, status: "counted" });
    },
  },
  {
    done: "a counted submission is said to be lost, and no database was restored",
    check: "2.07",
    forms: BOTH,
    world: ({ submissions }) => {
      submissions[0]?.statuses.push({ epoch: 3, status: "lost" });
    },
  },
  {
    done: "a submission is said to be lost before the database was restored",
    check: "2.07",
    forms: BOTH,
    world: ({ submissions, journal }) => {
      submissions[0]?.statuses.push({ epoch: 2, status: "lost" });
      journal.push({ epoch: 3, act: "restore-log", details: {} });
    },
  },
  {
    done: "a further envelope under a request id is counted as well",
    check: "2.08",
    forms: SEALED,
    world: ({ submissions, form }) => {
      const second = submission(form, "1", [{ epoch: 2, status: "counted" }]);
      submissions.push({ ...second, envelope: envelopeOf("a second one") });
    },
  },
  {
    done: "a submission is left out of the list",
    check: "2.09",
    forms: BOTH,
    hooks: {
      list: (lines) =>
        lines.splice(
          lines.findIndex((line) => /duplicate/.test(line)),
          1,
        ),
    },
  },
  {
    done: "the list says another status than the log",
    check: "2.09",
    forms: BOTH,
    hooks: {
      list: (lines) => lines.splice(0, lines.length, ...lines.map((line) => line.replace("invalid", "duplicate"))),
    },
  },
  {
    done: "the list has a submission that the log does not have",
    check: "2.09",
    forms: BOTH,
    hooks: {
      list: (lines) =>
        lines.splice(0, 0, (lines[0] ?? "").replace(/"request":"[0-9a-f]{64}"/, `"request":"${"0".repeat(64)}"`)),
    },
  },
  {
    done: "the list is not sorted",
    check: "2.09",
    forms: BOTH,
    hooks: { list: (lines) => lines.reverse() },
  },
  {
    done: "participation, ballot and entry were written for an abstainer",
    check: "2.10",
    forms: BOTH,
    world: ({ submissions }) => {
      Object.assign(submissions[0] ?? {}, { promiseKey: undefined });
    },
  },
  {
    done: "the same, with the promise of another submission",
    check: "2.10",
    forms: BOTH,
    world: ({ submissions }) => {
      Object.assign(submissions[0] ?? {}, { promise: Buffer.alloc(64, 7).toString("base64url") });
    },
  },
  {
    done: "the same, with a promise made with a key of one's own",
    check: "2.10",
    forms: BOTH,
    world: ({ promiseKeys, submissions }) => {
      promiseKeys.push({ pair: testKey("forger"), keyId: "99".repeat(8) });
      Object.assign(submissions[0] ?? {}, { promiseKey: 2 });
    },
  },
  {
    done: "an entry in the middle of the journal was rewritten, and the log with it",
    check: "2.11",
    forms: BOTH,
    hooks: {
      journal: (lines) =>
        lines.splice(
          0,
          1,
          edited(lines[0], (entry) => Object.assign(entry, { role: "approver" })),
        ),
    },
  },
  {
    done: "the last entry of the journal was removed",
    check: "2.12",
    forms: BOTH,
    hooks: { publishedJournal: (lines) => lines.pop() },
  },
  {
    done: "an entry was put at the end of the journal that the log does not have",
    check: "2.12",
    forms: BOTH,
    world: (world) => {
      // Its entry in the log comes in no epoch.
      world.journal.push({ epoch: 99, act: "approve", details: {} });
    },
  },
  {
    done: "an accepted vote was deleted on its way",
    check: "2.13",
    forms: BOTH,
    world: ({ submissions }) => {
      submissions.splice(1, 1);
    },
    given: (_, __, honestWorld) => ({ receiptOf: honestWorld.submissions[1] as MadeSubmission, withoutTracker: true }),
  },
  {
    done: "an envelope was exchanged on its way",
    check: "2.13",
    forms: SEALED,
    world: ({ submissions }) => {
      Object.assign(submissions[1] ?? {}, { envelope: envelopeOf("another one") });
    },
    given: (_, __, honestWorld) => ({ receiptOf: honestWorld.submissions[1] as MadeSubmission }),
  },
  {
    done: "the certificate is that of another law",
    check: "3.01",
    forms: BOTH,
    hooks: { certificate: (fields) => Object.assign(fields, { law_id: "L2026-002", origin: "test/L2026-002/1" }) },
  },
  {
    done: "the certificate is signed by somebody else",
    check: "3.01",
    forms: BOTH,
    hooks: { files: (files) => files.set("certificate", resigned(files.get("certificate"))) },
  },
  {
    done: "a submission came into the log after the certificate",
    check: "3.02",
    forms: BOTH,
    hooks: { certificate: ({ log }) => Object.assign(log, { size: log.size - 1, root: "0".repeat(64) }) },
  },
  {
    done: "the published log is rolled back behind the certificate",
    check: "3.02",
    forms: BOTH,
    hooks: { certificate: ({ log }) => Object.assign(log, { size: log.size + 1 }) },
  },
  {
    done: "the certificate is about another log",
    check: "3.02",
    forms: BOTH,
    hooks: { certificate: ({ log }) => Object.assign(log, { root: "0".repeat(64) }) },
  },
  {
    done: "the certified number of duplicates is wrong",
    check: "3.03",
    forms: BOTH,
    hooks: { certificate: ({ figures }) => Object.assign(figures, { duplicate: 9 }) },
  },
  {
    done: "the certified number of eligible voters is wrong",
    check: "3.04",
    forms: BOTH,
    hooks: { certificate: ({ figures }) => Object.assign(figures, { eligible: 9_999 }) },
  },
  {
    done: "the certified turnout is wrong",
    check: "3.04",
    forms: BOTH,
    hooks: { certificate: ({ figures }) => Object.assign(figures, { voted: (figures["voted"] ?? 0) + 1 }) },
  },
  {
    done: "the certificate names another end of the journal",
    check: "3.05",
    forms: BOTH,
    hooks: { certificate: ({ journal }) => Object.assign(journal, { end: "0".repeat(64) }) },
  },
  {
    done: "the certificate conceals a message that was set aside",
    check: "3.06",
    forms: BOTH,
    hooks: { certificate: (fields) => Object.assign(fields, { set_aside: [] }) },
  },
  {
    done: "the certificate names a message that was never set aside",
    check: "3.06",
    forms: BOTH,
    hooks: {
      certificate: ({ set_aside }) => set_aside.push({ number: numberOf(0), sha256: "0".repeat(64), reason: "none" }),
    },
  },
  {
    done: "the tally was raised",
    check: "3.07",
    forms: ["open"],
    hooks: { certificate: ({ sums }) => addBallots(sums, 0, 1) },
  },
  {
    done: "a ballot was taken from the box",
    check: "3.07",
    forms: SEALED,
    hooks: {
      opening: (lines) => {
        lines.splice(1, 1);
        editHeader(lines, (header) => {
          addBallots(header.sums, 0, -1);
          header.envelopes--;
        });
      },
      certificate: ({ sums }) => addBallots(sums, 0, -1),
    },
  },
  {
    done: "the opened list was changed on its way back",
    check: "3.08",
    forms: SEALED,
    hooks: {
      signedOpening: (lines) => {
        const signature = lines.pop() ?? "";
        moveBallot(lines);
        lines.push(signature);
      },
      certificate: ({ sums }) => {
        addBallots(sums, 0, -1);
        addBallots(sums, 1, 1);
      },
    },
  },
  {
    done: "the trustees signed sums that their list does not give",
    check: "3.09",
    forms: SEALED,
    hooks: {
      opening: (lines) =>
        editHeader(lines, ({ sums }) => {
          addBallots(sums, 0, -1);
          addBallots(sums, 1, 1);
        }),
      certificate: ({ sums }) => {
        addBallots(sums, 0, -1);
        addBallots(sums, 1, 1);
      },
    },
  },
  {
    done: "the opened list is in the order of the box",
    check: "3.09",
    forms: SEALED,
    hooks: { opening: (lines) => lines.splice(1, 2, lines[2] ?? "", lines[1] ?? "") },
  },
  {
    done: "the tally was changed",
    check: "3.10",
    forms: SEALED,
    hooks: {
      certificate: ({ sums }) => {
        addBallots(sums, 0, -1);
        addBallots(sums, 1, 1);
      },
    },
  },
  {
    done: "another opened list was certified",
    check: "3.10",
    forms: SEALED,
    hooks: { certificate: ({ opening }) => Object.assign(opening ?? {}, { sha256: "0".repeat(64) }) },
  },
  {
    done: "the office certified although its ledger was not clean",
    check: "3.11",
    forms: BOTH,
    hooks: { certificate: (fields) => Object.assign(fields, { ledger: "2 findings" }) },
  },
  {
    done: "an envelope in the box was exchanged",
    check: "3.12",
    forms: SEALED,
    hooks: { box: (envelopes) => envelopes.splice(0, 1, envelopeOf("another one").toString("base64url")) },
  },
  {
    done: "the trustees opened another box",
    check: "3.12",
    forms: SEALED,
    given: (_, honest) => ({ box: honest.box.replace('"kind":"box"', '"kind":"box","more":1') }),
  },
  {
    done: "the trustees exchanged a ballot when they opened the box",
    check: "3.13",
    forms: SEALED,
    hooks: {
      opening: (lines) => lines.splice(1, 1, '{"option":"oui","tracker":"00000000000000000000000000000000"}'),
    },
    given: (world) => ({ receiptOf: firstOpened(world) }),
  },
];

function dropTiles(files: Map<string, Buffer>): void {
  for (const path of files.keys()) if (path.startsWith("tile/0/")) files.delete(path);
}

function resigned(note: Buffer | undefined): Buffer {
  const text = `${note}`.split("\n\n")[0] ?? "";
  return noteOf(testKey("somebody-else"), `${text}\n`);
}

function exchangeTitles(files: Map<string, Buffer>): void {
  const key = { ...testKey(originOf(files)), name: originOf(files) };
  for (const path of ["description", "description.1"]) {
    const text = `${files.get(path)}`.split("\n\n")[0] ?? "";
    files.set(path, noteOf(key, `${text.replace('"Law"', '"Another law"')}\n`));
  }
}

function originOf(files: ReadonlyMap<string, Buffer>): string {
  return `${files.get("checkpoint")}`.split("\n")[0] ?? "";
}

function dropLastEpoch(world: World): void {
  world.epochs--;
  world.submissions = world.submissions.filter(({ statuses }) => statuses.every(({ epoch }) => epoch < world.epochs));
  world.journal = world.journal.filter(({ epoch }) => epoch < world.epochs);
}

function otherTrustees(world: World): Record<string, unknown> {
  return publicFileOf({ ...world, trustees: electionKeys(Buffer.alloc(32, 9)) });
}

function firstOpened(world: World): MadeSubmission {
  const ofFirst = world.submissions.filter(
    ({ option, statuses }) => option === 0 && statuses.length === 1 && statuses[0]?.status === "counted",
  );
  return [...ofFirst].sort((one, other) => (trackerOf(one) < trackerOf(other) ? -1 : 1))[0] as MadeSubmission;
}
