import { z } from "zod";
import { ROLL_CHANGES } from "../../shared/domain/roll-row.ts";
import { OperatorsLaw } from "../../shared/messages/operators/laws.ts";
import { bringOpening } from "../../shared/messages/operators/sealed-laws.ts";
import { describeLaw } from "../law-words.ts";
import { wishedChange } from "../roll-change-words.ts";
import { counted } from "../slip-options.ts";
import { describeBrought } from "./bring-opening.ts";

/** What the journal keeps of an act that one person does: the schema has what its words need. */
interface OnePersonWords {
  wish(request: unknown): string | undefined;
  outcome(result: unknown): string | undefined;
}

function wordsFor<Request extends z.ZodType, Result extends z.ZodType>(words: {
  readonly request: Request;
  readonly wish: (request: z.output<Request>) => string;
  readonly result: Result;
  readonly outcome: (result: z.output<Result>) => string;
}): OnePersonWords {
  return {
    wish: (request) => {
      const parsed = words.request.safeParse(request);
      return parsed.success ? words.wish(parsed.data) : undefined;
    },
    outcome: (result) => {
      const parsed = words.result.safeParse(result);
      return parsed.success ? words.outcome(parsed.data) : undefined;
    },
  };
}

const count = z.number();
const someLaws = z.looseObject({ laws: z.array(z.string()) });
const aLaw = z.looseObject({ law_id: z.string() });
const loadedRoll = z.looseObject({
  law_id: z.string(),
  voters: count,
  loaded: count,
  known: count,
  conflicts: count,
  refused: count,
});
const restoredRoll = z.looseObject({ law_id: z.string(), voters: count, complete: z.boolean() });

function inDecision(complete: boolean): string {
  return complete ? "its votes are decided" : "its votes wait, because the roll is not complete";
}

const freezing = (done: string, already: string) => ({
  request: aLaw,
  result: z.looseObject({ law_id: z.string(), changed: z.boolean() }),
  outcome: ({ law_id, changed }: { law_id: string; changed: boolean }) => `${law_id} ${changed ? done : already}.`,
});

const WORDS: Readonly<Record<string, OnePersonWords>> = {
  "add-law": wordsFor({
    request: z.looseObject({ law_id: z.string(), title: z.string() }),
    wish: ({ law_id, title }) => `add the law ${law_id}: “${title}”`,
    result: z.looseObject({ law: OperatorsLaw }),
    outcome: ({ law }) => describeLaw(law),
  }),
  "change-draft": wordsFor({
    request: aLaw,
    wish: ({ law_id }) => `change the draft of ${law_id}`,
    result: z.looseObject({ law: OperatorsLaw, changed: z.boolean() }),
    outcome: ({ law, changed }) => (changed ? describeLaw(law) : `Nothing changed. ${describeLaw(law)}`),
  }),
  "export-box": wordsFor({
    request: aLaw,
    wish: ({ law_id }) => `export the box of ${law_id} for its trustees`,
    result: z.looseObject({ law_id: z.string(), header: z.looseObject({ envelopes: count }), sha256: z.string() }),
    outcome: ({ header, sha256 }) => `${counted(header.envelopes, "envelope")}; the SHA-256 of the file is ${sha256}.`,
  }),
  "bring-opening": wordsFor({
    request: z.looseObject({ law_id: z.string(), sha256: z.string() }),
    wish: ({ law_id, sha256 }) => `bring an opening of the box of ${law_id} with the SHA-256 ${sha256}`,
    result: bringOpening.result,
    outcome: describeBrought,
  }),
  "freeze-law": wordsFor({
    ...freezing("is frozen", "was frozen already"),
    wish: ({ law_id }) => `freeze the law ${law_id}`,
  }),
  "unfreeze-law": wordsFor({
    ...freezing("is not frozen any more", "was not frozen"),
    wish: ({ law_id }) => `unfreeze the law ${law_id}`,
  }),
  "hold-law": wordsFor({
    request: z.looseObject({ law_id: z.string(), reason: z.string() }),
    wish: ({ law_id, reason }) => `put ${law_id} on legal hold, because: ${reason}`,
    result: aLaw,
    outcome: ({ law_id }) => `${law_id} is on legal hold.`,
  }),
  "clear-destroyed-roll": wordsFor({
    request: aLaw,
    wish: ({ law_id }) => `remove the roll of ${law_id} from Redis and end its destruction`,
    result: z.looseObject({ certificate: z.looseObject({ law_id: z.string() }) }),
    outcome: ({ certificate }) =>
      `What was left of ${certificate.law_id} is destroyed; npm run ops -- destroy ${certificate.law_id} shows the certificate.`,
  }),
  "begin-load": wordsFor({
    request: z.looseObject({
      laws: z.array(z.string()),
      file: z.looseObject({ name: z.string(), voters: count }),
    }),
    wish: ({ laws, file }) =>
      `load ${counted(file.voters, "voter")} of ${file.name} onto the roll of ${laws.join(", ")}`,
    result: z.looseObject({ next_chunk: count }),
    outcome: ({ next_chunk }) =>
      next_chunk === 0
        ? "The file is sent from its beginning."
        : `${counted(next_chunk, "chunk")} of the file had been sent before.`,
  }),
  "finish-load": wordsFor({
    request: someLaws,
    wish: ({ laws }) => `complete the load onto the roll of ${laws.join(", ")}`,
    result: z.looseObject({ laws: z.array(loadedRoll) }),
    outcome: ({ laws }) =>
      laws
        .map(({ law_id, voters, loaded, known, conflicts, refused }) => {
          const parts = [`${loaded} new`, `${known} known`];
          if (conflicts > 0) parts.push(`${conflicts} under another code`);
          if (refused > 0) parts.push(`${refused} refused`);
          return `${law_id}: ${parts.join(", ")}; ${counted(voters, "voter")} on the roll.`;
        })
        .join(" "),
  }),
  "prepare-roll-change": wordsFor({
    request: z.looseObject({ law_id: z.string(), kind: z.enum([...ROLL_CHANGES, "find"]), voters: count }),
    wish: ({ law_id, kind, voters }) => `prepare to ${wishedChange(kind, law_id, voters)}`,
    result: z.looseObject({ draft: z.string() }),
    outcome: ({ draft }) => `It is prepared as ${draft}.`,
  }),
  "stop-roll-work": wordsFor({
    request: someLaws,
    wish: ({ laws }) => `stop in the middle of work on the roll of ${laws.join(", ")}`,
    result: z.looseObject({ laws: z.array(z.looseObject({ law_id: z.string(), unfinished: z.array(z.unknown()) })) }),
    outcome: ({ laws }) =>
      laws
        .map(({ law_id, unfinished }) => `${law_id}: ${unfinished.length === 0 ? "nothing is" : "work is"} unfinished.`)
        .join(" "),
  }),
  "rebuild-rolls": wordsFor({
    request: z.looseObject({ laws: z.array(z.string()).optional() }),
    wish: ({ laws }) => `restore the roll of ${laws?.join(", ") ?? "every law"} in Redis`,
    result: z.looseObject({ laws: z.array(restoredRoll) }),
    outcome: ({ laws }) =>
      laws
        .map(({ law_id, voters, complete }) => `${law_id}: ${counted(voters, "voter")}, ${inDecision(complete)}.`)
        .join(" ") || "There was no roll.",
  }),
  redrive: wordsFor({
    request: z.looseObject({ queues: z.array(z.string()), max: count.optional() }),
    wish: ({ queues, max }) =>
      `send ${max === undefined ? "the" : `at most ${max}`} dead letters of ${queues.join(" and ")} back to be handled again`,
    result: z.looseObject({
      queues: z.array(z.looseObject({ queue: z.string(), moved: count, unreadable: count, unconfirmed: count })),
    }),
    outcome: ({ queues }) =>
      queues
        .map(({ queue, moved, unreadable, unconfirmed }) => {
          const left = unreadable + unconfirmed;
          return `${queue}: ${moved} sent back${left > 0 ? `, ${left} left` : ""}.`;
        })
        .join(" "),
  }),
  "restore-receipts": wordsFor({
    request: z.unknown(),
    wish: () => "write the receipts that are missing",
    result: z.looseObject({ written: count, orphans: count }),
    outcome: ({ written, orphans }) =>
      `${counted(written, "receipt")} written. PostgreSQL knows nothing of ${counted(orphans, "receipt")}.`,
  }),
  "restore-acts": wordsFor({
    request: z.unknown(),
    wish: () => "bring back what a restored PostgreSQL has lost of the journal and of messages that are set aside",
    result: z.looseObject({ entries: count, set_aside: count }),
    outcome: ({ entries, set_aside }) =>
      `${counted(entries, "entry", "entries")} of the journal and ${counted(set_aside, "message")} set aside were brought back.`,
  }),
  "restore-roll-changes": wordsFor({
    request: z.unknown(),
    wish: () => "bring back changes of sealed rolls that a restored PostgreSQL has lost",
    result: z.looseObject({ changes: count, waiting: z.array(z.string()) }),
    outcome: ({ changes, waiting }) =>
      `${counted(changes, "change")} brought back.` +
      (waiting.length === 0 ? "" : ` Those of ${waiting.join(", ")} wait until the roll is sealed again.`),
  }),
};

/**
 * What somebody wanted by an act that needs one person, to complete "to …".
 *
 * @param act the act's name
 * @param request as much of its request as the journal keeps
 * @returns undefined when there are no words for it
 */
export function onePersonWish(act: string, request: unknown): string | undefined {
  return WORDS[act]?.wish(request);
}

/**
 * What an act that needs one person did, in sentences.
 *
 * @param act the act's name
 * @param result as much of its result as the journal keeps
 * @returns undefined when there are no words for it
 */
export function onePersonOutcome(act: string, result: unknown): string | undefined {
  return WORDS[act]?.outcome(result);
}
