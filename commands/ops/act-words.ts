import type { z } from "zod";
import { certifyLaw, publishLaw } from "../../shared/messages/operators/conclusion.ts";
import { countLaw } from "../../shared/messages/operators/count.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import { destroyLaw, releaseHold } from "../../shared/messages/operators/destruction.ts";
import { changePromiseKey, closeLaw, openLaw } from "../../shared/messages/operators/laws.ts";
import { setAside, settle, undoSetAside } from "../../shared/messages/operators/queues.ts";
import { markLost } from "../../shared/messages/operators/receipts.ts";
import { restoreLog } from "../../shared/messages/operators/restoring.ts";
import { changeRoll, findVoter } from "../../shared/messages/operators/roll-changes.ts";
import { abandonLoad, sealRoll } from "../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest, withdrawOpening } from "../../shared/messages/operators/sealed-laws.ts";
import { localInstant } from "../../terminal/instant.ts";
import { describeCounted } from "../count-law.ts";
import { describePromiseKey, describeRegistered } from "../law-keys.ts";
import { describeLaw, lawInstant } from "../law-words.ts";
import { describeFound, describeRollChange, describeRollWish, wishedChange } from "../roll-change-words.ts";
import { counted } from "../slip-options.ts";
import { describeWithdrawn } from "./bring-opening.ts";
import { describeCertified, describePublished } from "./conclude.ts";
import { describeRowsGone } from "./destruction-words.ts";
import { onePersonOutcome, onePersonWish } from "./one-person-words.ts";
import { describeRestoredLog } from "./restore-log.ts";
import { describeSentBack, describeTaken } from "./set-aside-words.ts";
import { describeSettled } from "./settle-words.ts";

/** The words for an act that two people must want. */
interface ActWords {
  readonly act: Act;
  /** What is wanted, to complete "to …"; undefined when the request is not of the act's form. */
  wish(request: unknown): string | undefined;
  /** What was done, in sentences. */
  outcome(result: unknown): string | undefined;
}

function wordsFor<A extends Act>(
  act: A,
  words: {
    readonly wish: (request: z.output<A["request"]>) => string;
    readonly outcome: (result: z.output<A["result"]>) => string;
  },
): ActWords {
  const read = <S extends z.ZodType, T>(schema: S, value: unknown, then: (read: z.output<S>) => T) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? then(parsed.data) : undefined;
  };
  return {
    act,
    wish: (request) => read<A["request"], string>(act.request, request, words.wish),
    outcome: (result) => read<A["result"], string>(act.result, result, words.outcome),
  };
}

const changed = ({ law, in_force_at }: z.output<typeof closeLaw.result>) =>
  in_force_at === null
    ? `Nothing changed. ${describeLaw(law)}`
    : `${describeLaw(law)} In force at ${lawInstant(law, in_force_at)}.`;

const WORDS: readonly ActWords[] = [
  wordsFor(openLaw, {
    wish: ({ law_id, at, until, reopen }) =>
      `open the law ${law_id}${reopen === true ? " again" : ""} ${momentOf(at)}${until === undefined ? "" : `, until ${localInstant(until)}`}`,
    outcome: changed,
  }),
  wordsFor(closeLaw, {
    wish: ({ law_id, at }) => `close the law ${law_id} ${momentOf(at)}`,
    outcome: changed,
  }),
  wordsFor(countLaw, {
    wish: ({ law_id }) => `count the law ${law_id}, which ends the recording of its votes`,
    outcome: describeCounted,
  }),
  wordsFor(changePromiseKey, {
    wish: ({ law_id }) => `let ${law_id} promise with the newest key of the secret`,
    outcome: describePromiseKey,
  }),
  wordsFor(registerKeys, {
    wish: ({ law_id, keys }) =>
      `register the keys of the trustees of ${law_id}: key id ${keys.key_id}, ${keys.threshold} of ${keys.trustees} shares, ` +
      `set ${keys.split_id.slice(0, 8)}`,
    outcome: describeRegistered,
  }),
  wordsFor(registerTest, {
    wish: ({ law_id, statement }) =>
      `take the statement that the shares ${statement.shares.join(", ")} of ${law_id} opened test ballots with the key ` +
      statement.key_id,
    outcome: describeRegistered,
  }),
  wordsFor(withdrawOpening, {
    wish: ({ law_id, sha256, reason }) =>
      `take back the opening of ${law_id} with the SHA-256 ${sha256}, because: ${reason}`,
    outcome: describeWithdrawn,
  }),
  wordsFor(certifyLaw, {
    wish: ({ law_id }) => `certify ${law_id}`,
    outcome: describeCertified,
  }),
  wordsFor(publishLaw, {
    wish: ({ law_id }) => `publish what others check ${law_id} by`,
    outcome: describePublished,
  }),
  wordsFor(releaseHold, {
    wish: ({ law_id, reason }) => `end the legal hold of ${law_id}, because: ${reason}`,
    outcome: ({ law_id }) => `${law_id} is not on legal hold any more.`,
  }),
  wordsFor(destroyLaw, {
    wish: ({ law_id }) => `destroy what is left of the votes of ${law_id}, which cannot be undone`,
    outcome: describeRowsGone,
  }),
  wordsFor(settle, {
    wish: ({ law_id, unreadable_votes = 0 }) =>
      `count the earliest submission of each voter of ${law_id} who has no counted vote, beside ` +
      `${counted(unreadable_votes, "dead letter")} of votes that nothing can read`,
    outcome: describeSettled,
  }),
  wordsFor(setAside, {
    wish: ({ queue, fingerprint, reason }) =>
      `set aside the messages of ${queue} with the fingerprint ${fingerprint}, because: ${reason}`,
    outcome: describeTaken,
  }),
  wordsFor(undoSetAside, {
    wish: ({ fingerprint }) =>
      `send the messages with the fingerprint ${fingerprint}, which were set aside, back to their queue`,
    outcome: describeSentBack,
  }),
  wordsFor(markLost, {
    wish: ({ orphans, sha256 }) =>
      `mark ${counted(orphans, "receipt")} as lost; the SHA-256 of their list is ${sha256}`,
    outcome: ({ marked }) => `${counted(marked, "receipt")} marked as lost.`,
  }),
  wordsFor(restoreLog, {
    wish: ({ law_id }) => `bring back what PostgreSQL has lost of the public log of ${law_id}`,
    outcome: describeRestoredLog,
  }),
  wordsFor(abandonLoad, {
    wish: ({ law_id, voters }) => `take the roll of ${law_id} as it stands, with ${counted(voters, "voter")}`,
    outcome: ({ roll }) => `The roll of ${roll.law_id} is taken as it stands: ${roll.voters} voters.`,
  }),
  wordsFor(changeRoll, {
    wish: describeRollWish,
    outcome: describeRollChange,
  }),
  wordsFor(findVoter, {
    wish: ({ law_id, draft }) => `${wishedChange("find", law_id, 1)} (prepared as ${draft})`,
    outcome: describeFound,
  }),
  wordsFor(sealRoll, {
    wish: ({ law_id, expect }) => `seal the roll of ${law_id} with ${counted(expect, "voter")}`,
    outcome: ({ law, digest }) =>
      `The roll is sealed with ${counted(law.sealed_voters ?? 0, "voter")}, its digest is ${digest}. ${describeLaw(law)}`,
  }),
];

function momentOf(at: string | undefined): string {
  return at === undefined ? "now" : `at ${localInstant(at)}`;
}

function wordsOf(act: string): ActWords | undefined {
  return WORDS.find((one) => one.act.name === act);
}

/**
 * What somebody wants, to complete "to …".
 *
 * @param act the act's name
 * @param request its request, or as much of it as the journal keeps
 */
export function describeWish(act: string, request: unknown): string {
  const words = wordsOf(act)?.wish(request) ?? onePersonWish(act, request);
  return words ?? `${act.replaceAll("-", " ")} ${plainWords(request)}`.trimEnd();
}

/**
 * What was done, in sentences.
 *
 * @param act the act's name
 * @param result its result
 */
export function describeOutcome(act: string, result: unknown): string {
  return wordsOf(act)?.outcome(result) ?? onePersonOutcome(act, result) ?? plainWords(result);
}

/**
 * Why an act that has ended has not done all of it.
 *
 * @param act the act's name
 * @param result its result
 * @returns a sentence with what to do; undefined: it has
 */
export function describeIncomplete(act: string, result: unknown): string | undefined {
  if (act !== settle.name) return undefined;
  const { law_id, unconfirmed } = settle.result.parse(result);
  if (unconfirmed === 0) return undefined;
  return `${counted(unconfirmed, "message")} could not be sent and stay where they were: npm run ops -- settle ${law_id} sends them.`;
}

/** JSON in words: names and values, one after the other. */
function plainWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainWords).join(" ");
  if (typeof value !== "object" || value === null) return value === null ? "none" : String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name.replaceAll("_", " ")} ${plainWords(one)}`.trimEnd())
    .join(", ");
}
