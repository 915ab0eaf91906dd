import { lawInstant } from "./instant.ts";
import { type Law, windowState } from "./law.ts";
import type { RefusalCode } from "./refusal.ts";

/** The states of a law's life, in order. Beside `ready`, `open` and `closed`, a law may be frozen. */
export const LIFE_STATES = ["draft", "ready", "open", "closed", "counted", "certified", "published"] as const;
export type LifeState = (typeof LIFE_STATES)[number];

/**
 * The states that operators see: those of its life, frozen in the place of ready, open or closed, and destroyed in the
 * place of the last one.
 */
export const OPERATORS_STATES = [...LIFE_STATES, "frozen", "destroyed"] as const;
export type OperatorsState = (typeof OPERATORS_STATES)[number];

/** What operators do to a law that its state may forbid. */
export const LIFE_ACTS = [
  "change_draft",
  "register_keys",
  "change_promise_key",
  "load_roll",
  "give_up_load",
  "seal_roll",
  "change_roll",
  "open",
  "reopen",
  "close",
  "freeze",
  "unfreeze",
  "settle",
  "bring_opening",
  "count",
  "certify",
  "publish",
] as const;
export type LifeAct = (typeof LIFE_ACTS)[number];

/** What of a law decides which acts are allowed. */
export type LifeFacts = Pick<
  Law,
  | "lawId"
  | "reached"
  | "concluded"
  | "sealedVoters"
  | "expectedVoters"
  | "opensAt"
  | "closesAt"
  | "earlierWindows"
  | "frozen"
  | "form"
  | "origin"
  | "trustees"
  | "boxClosed"
  | "logKey"
  | "destroyedAt"
  | "utcOffset"
>;

/** Why an act is not allowed, and what to do. */
export interface Forbidden {
  readonly why: string;
  /** A sentence; absent: the next step follows from the code (terminal/errors.ts). */
  readonly next?: string;
  readonly code?: RefusalCode;
}

/**
 * The state of a law: how far operators have brought it, and between ready and counted, where its window is. A law
 * between two windows is ready: it will open again. A counted law may be certified, and then published.
 *
 * @param law the law
 * @param nowMs milliseconds since the epoch
 */
export function lifeState(law: LifeFacts, nowMs: number): LifeState {
  const { reached = "ready" } = law;
  if (reached === "counted") return law.concluded ?? reached;
  if (reached !== "ready") return reached;
  const state = windowState(law, nowMs);
  return state === "not_open_yet" ? "ready" : state;
}

/**
 * The state of a law as operators see it.
 *
 * @param law the law
 * @param nowMs milliseconds since the epoch
 */
export function operatorsState(law: LifeFacts, nowMs: number): OperatorsState {
  if (law.destroyedAt !== undefined) return "destroyed";
  const state = lifeState(law, nowMs);
  return law.frozen === true && state !== "draft" && !isOver(law) ? "frozen" : state;
}

/** Whether a law is counted: nothing about its votes changes any more. */
function isOver({ reached }: LifeFacts): boolean {
  return reached === "counted";
}

type Rule = (law: LifeFacts) => Forbidden | undefined;

const allowed: Rule = () => undefined;

const isDraft: Rule = ({ lawId }) => ({
  why: `${lawId} is a draft and takes no votes.`,
  next: `Load its roll, then seal it: npm run voters -- seal ${lawId} --expect N`,
});

const isCounted: Rule = ({ lawId }) => ({
  why: `${lawId} is counted, and nothing changes it any more.`,
  next: "To vote again, add a law with another id.",
});

const isNoDraft = (stillChanges: (law: LifeFacts) => string): Rule => {
  return (law) => ({
    why: `${law.lawId} is no draft any more, so what voters are asked is fixed, and when its results are public.`,
    next: `${stillChanges(law)} Anything else takes a law with another id.`.trim(),
  });
};

/** What can still change of a law, once it is no draft any more: only acts that its state allows. */
const whenReady = ({ lawId, frozen }: LifeFacts) =>
  frozen === true
    ? `When it closes can still change: npm run laws -- close ${lawId} --at INSTANT. When it opens can change again after npm run ops -- unfreeze ${lawId}.`
    : `When it opens and closes can still change: npm run laws -- open ${lawId} --at INSTANT, npm run laws -- close ${lawId} --at INSTANT.`;
const whenOpen = ({ lawId }: LifeFacts) =>
  `When it closes can still change: npm run laws -- close ${lawId} --at INSTANT.`;
const whenClosed = (law: LifeFacts) =>
  law.boxClosed === true ? "" : `It can still be opened again: ${howToReopen(law)}.`;

function howToReopen({ lawId, frozen }: LifeFacts): string {
  return `${frozen === true ? `npm run ops -- unfreeze ${lawId}, then ` : ""}npm run laws -- open ${lawId} --reopen`;
}

const hasItsKeys: Rule = ({ lawId }) => ({
  why: `${lawId} is no draft any more, so the keys of its trustees are fixed.`,
  next: "Other keys take a law with another id.",
});

/** What the trustees of a draft have not done yet, in a sentence each. */
function missingOfTrustees({ lawId, form, origin, trustees }: LifeFacts): readonly string[] {
  if (form !== "sealed" || trustees?.tested === true) return [];
  const test =
    "Its trustees have not opened test ballots: npm run keys -- test on their machine makes the statement, and npm run " +
    `laws -- test-opening ${lawId} --statement FILE brings it here.`;
  if (trustees !== undefined) return [test];
  return [
    `The keys of its trustees are missing: npm run keys -- new --law ${lawId} --origin ${origin} --trustees N --threshold K ` +
      `--out keys/ on their machine makes them, and npm run laws -- keys ${lawId} --public FILE brings the public file here.`,
    test,
  ];
}

const ifNotTested: Rule = (law) => {
  const missing = missingOfTrustees(law);
  if (missing.length === 0) return undefined;
  return { why: `The roll of ${law.lawId} is not sealed before its keys are tested.`, next: missing.join(" ") };
};

/** Nothing about the votes of a law whose box is closed changes before it is counted. */
const boxIsClosed: Rule = ({ lawId }) => ({
  why: `The box of ${lawId} is closed: it takes no vote any more, and is opened by its trustees.`,
  next: `npm run laws -- show ${lawId} says what is missing until it is counted.`,
});
const CLOSED_WITH_ITS_BOX: ReadonlySet<LifeAct> = new Set(["open", "reopen", "close", "settle"]);

const hasNotClosed: Rule = (law) => ({
  why: `${law.lawId} has not closed: it closes ${whenItCloses(law)}.`,
  next: `It is counted after that. To close it earlier: npm run laws -- close ${law.lawId}`,
});

/** Before it opens, a law is closed only from a named moment on. */
const hasNotOpened: Rule = (law) => ({
  why: `${law.lawId} has not closed: it opens at ${lawInstant(law, law.opensAt)}, and closes ${whenItCloses(law)}.`,
  next: `It is counted after that. To change when it closes: npm run laws -- close ${law.lawId} --at INSTANT`,
});

function whenItCloses(law: LifeFacts): string {
  return law.closesAt === undefined ? "when somebody closes it" : `at ${lawInstant(law, law.closesAt)}`;
}

/** When a law closed, in a sentence. */
function closedAt(law: LifeFacts): string {
  return law.closesAt === undefined ? "an earlier time" : lawInstant(law, law.closesAt);
}

const ifNotSealed: Rule = ({ lawId, sealedVoters }) =>
  sealedVoters === undefined
    ? undefined
    : {
        why: `The roll of ${lawId} is sealed with ${sealedVoters} voters.`,
        next:
          "Single voters are added by npm run voters -- add, get another code by replace, or are struck off by strike. " +
          "To vote with another roll, add a law with another id, and load its whole roll before it is sealed.",
      };

const ifNotFrozen: Rule = ({ lawId, frozen }) =>
  frozen === true ? { why: `${lawId} is frozen.`, code: "law_frozen" } : undefined;

/** `reopen` says that the operator knows what it means. */
const hasClosed: Rule = (law) =>
  ifNotFrozen(law) ?? {
    why:
      `${law.lawId} has closed, at ${closedAt(law)}. Its result may be known by now, and voters ` +
      "who vote after that may know it.",
    code: "law_closed",
  };

const hasEnded: Rule = (law) => ({
  why: `${law.lawId} has closed, at ${closedAt(law)}, and a change of its roll would be in force after that.`,
  next:
    law.boxClosed === true
      ? "Its box is closed, so it takes no vote any more."
      : `If voting goes on, open it again first: ${howToReopen(law)}`,
});

const isNotCounted: Rule = ({ lawId }) => ({
  why: `${lawId} is not counted.`,
  next: `Count it first: npm run laws -- count ${lawId}`,
});

/** Nobody could check the certificate of a law that has no log. */
const ifItHasALog: Rule = ({ lawId, logKey }) =>
  logKey === undefined
    ? {
        why: `${lawId} has no form, and therefore no public log: a certificate would name nothing that others can check.`,
        next: "Its result is final as it is. Add the next law with a form.",
      }
    : undefined;

const isNotCertified: Rule = (law) =>
  ifItHasALog(law) ?? {
    why: `${law.lawId} is not certified.`,
    next: `Certify it first: npm run ops -- certify ${law.lawId}`,
  };

/** The same rule in all states of a law that is counted. */
const over = (rule: Rule) => ({ counted: rule, certified: rule, published: rule });

const isDestroyed = (law: LifeFacts & { readonly destroyedAt: string }): Forbidden => ({
  why: `${law.lawId} was destroyed (${lawInstant(law, law.destroyedAt)}): nothing is left of its votes but what was published.`,
  next: `npm run laws -- show ${law.lawId} says what was removed. To vote again, add a law with another id.`,
});

/** Which act is allowed in which state. Times are for the window's rules (operations/laws/window.ts). */
const RULES: Readonly<Record<LifeAct, Readonly<Record<LifeState, Rule>>>> = {
  change_draft: {
    ...{ draft: allowed, ready: isNoDraft(whenReady), open: isNoDraft(whenOpen), closed: isNoDraft(whenClosed) },
    ...over(isCounted),
  },
  register_keys: { draft: allowed, ready: hasItsKeys, open: hasItsKeys, closed: hasItsKeys, ...over(isCounted) },
  change_promise_key: { draft: allowed, ready: allowed, open: allowed, closed: allowed, ...over(isCounted) },
  load_roll: { draft: allowed, ready: ifNotSealed, open: ifNotSealed, closed: ifNotSealed, ...over(isCounted) },
  give_up_load: { draft: allowed, ready: ifNotSealed, open: ifNotSealed, closed: ifNotSealed, ...over(isCounted) },
  seal_roll: { draft: ifNotTested, ready: ifNotSealed, open: ifNotSealed, closed: ifNotSealed, ...over(isCounted) },
  change_roll: { draft: isDraft, ready: allowed, open: allowed, closed: hasEnded, ...over(isCounted) },
  open: { draft: isDraft, ready: ifNotFrozen, open: ifNotFrozen, closed: hasClosed, ...over(isCounted) },
  reopen: { draft: isDraft, ready: ifNotFrozen, open: ifNotFrozen, closed: ifNotFrozen, ...over(isCounted) },
  close: { draft: isDraft, ready: allowed, open: allowed, closed: allowed, ...over(isCounted) },
  freeze: { draft: isDraft, ready: allowed, open: allowed, closed: allowed, ...over(isCounted) },
  unfreeze: { draft: isDraft, ready: allowed, open: allowed, closed: allowed, ...over(isCounted) },
  settle: { draft: isDraft, ready: allowed, open: allowed, closed: allowed, ...over(isCounted) },
  // An act on a closed box: closedBox (operations/box) refuses others.
  bring_opening: { draft: isDraft, ready: hasNotOpened, open: hasNotClosed, closed: allowed, ...over(isCounted) },
  // Counting again changes nothing.
  count: { draft: isDraft, ready: hasNotOpened, open: hasNotClosed, closed: allowed, ...over(allowed) },
  certify: {
    ...{ draft: isDraft, ready: hasNotOpened, open: hasNotClosed, closed: isNotCounted },
    // Certifying again changes nothing, and completes what was cut off. So does publishing.
    ...{ counted: ifItHasALog, certified: allowed, published: allowed },
  },
  publish: {
    ...{ draft: isDraft, ready: hasNotOpened, open: hasNotClosed, closed: isNotCounted },
    ...{ counted: isNotCertified, certified: allowed, published: allowed },
  },
};

/**
 * Whether an act is allowed in a law's present state.
 *
 * @param law the law
 * @param act what somebody wants to do
 * @param nowMs milliseconds since the epoch
 * @returns undefined when it is allowed, otherwise why it is not, and what to do
 */
export function forbidden(law: LifeFacts, act: LifeAct, nowMs: number): Forbidden | undefined {
  const { destroyedAt } = law;
  if (destroyedAt !== undefined) return isDestroyed({ ...law, destroyedAt });
  const state = lifeState(law, nowMs);
  if (law.boxClosed === true && !isOver(law) && CLOSED_WITH_ITS_BOX.has(act)) return boxIsClosed(law);
  return RULES[act][state](law);
}

/** What of the closed box of a law decides its next step. */
export interface BoxFacts {
  readonly envelopes: number;
  /** Who has brought an opening. */
  readonly broughtBy: readonly string[];
  /** Whether two openings were brought and are equal. */
  readonly agree: boolean;
}

/**
 * What is missing until a law whose box is closed can be counted.
 *
 * @param law the law
 * @param box its box
 * @returns sentences; none when only counting is left
 */
export function missingOfBox({ lawId }: Pick<LifeFacts, "lawId">, box: BoxFacts): readonly string[] {
  const { envelopes, broughtBy, agree } = box;
  const [first] = broughtBy;
  const bring = `npm run ops -- bring-opening ${lawId} --file FILE`;
  if (first === undefined) {
    return [
      `Its box is closed with ${envelopes} envelopes and not opened: npm run ops -- export-box ${lawId} --out FILE writes ` +
        `it, its trustees open it by npm run keys -- open, and ${bring} brings their list back, twice.`,
    ];
  }
  if (broughtBy.length === 1) {
    return [`${first} has brought one opening of its box; another one that is equal is missing: ${bring}`];
  }
  if (agree) return [];
  return [`The two openings of its box differ: npm run keys -- compare says in what.`];
}

/** What of a law's roll decides its next step. */
export interface RollFacts {
  /** In PostgreSQL. */
  readonly voters: number;
  /** How many voters its digest is over; undefined: it has none. */
  readonly digestVoters: number | undefined;
  /** Whether Redis says that the roll is complete. */
  readonly isComplete: boolean;
  /** Whether a load or rebuild has begun and not ended. */
  readonly isUnfinished: boolean;
}

/**
 * What is missing until a law's next state, in sentences.
 *
 * @param law the law
 * @param roll its roll
 * @param nowMs milliseconds since the epoch
 * @returns what has to be done or to happen, the first thing first
 */
export function missing(law: LifeFacts, roll: RollFacts, nowMs: number): readonly string[] {
  if (law.destroyedAt !== undefined) return [];
  const { lawId, opensAt, sealedVoters, expectedVoters, frozen } = law;
  const state = lifeState(law, nowMs);
  const isVoting = state === "ready" || state === "open";
  const sentences: string[] = [];
  if (state === "draft") sentences.push(...missingOfTrustees(law));
  if (frozen === true && isVoting) sentences.push(`It is frozen: npm run ops -- unfreeze ${lawId} ends that.`);
  if (roll.isUnfinished) {
    sentences.push(
      "Work on its roll is unfinished: repeat the load, seal or rebuild that was cut off; a change is completed by " +
        `npm run ops -- carry-out ID, or by npm run ops -- rebuild-roll ${lawId}`,
    );
  } else if (roll.voters === 0 && !isOver(law)) {
    sentences.push(`It has no roll: npm run voters -- load --file FILE --law ${lawId}`);
  } else if (!roll.isComplete && roll.digestVoters !== undefined && !isOver(law)) {
    sentences.push(`Redis has no complete roll, and votes wait: npm run ops -- rebuild-roll ${lawId}`);
  }
  if (roll.digestVoters === undefined && !isOver(law)) {
    if (expectedVoters !== undefined && expectedVoters !== roll.voters && roll.voters > 0) {
      sentences.push(`Its roll has ${roll.voters} voters, and its draft expects ${expectedVoters}.`);
    }
    const count = sealedVoters ?? expectedVoters ?? "N";
    const votes = state === "draft" ? "no vote is accepted" : "votes wait";
    sentences.push(`Its roll is not sealed, and ${votes}: npm run voters -- seal ${lawId} --expect ${count}`);
  } else if (roll.digestVoters !== undefined && roll.digestVoters !== roll.voters) {
    sentences.push(
      `The digest of its roll is over ${roll.digestVoters} voters, and it has ${roll.voters}: find out why.`,
    );
  }
  if (state === "ready") sentences.push(`It opens at ${lawInstant(law, opensAt)}, or by npm run laws -- open ${lawId}`);
  if (state === "open") {
    sentences.push(`It closes ${whenItCloses(law)}: npm run laws -- close ${lawId}`);
  }
  sentences.push(...toConclude(law));
  if (state === "closed" && law.boxClosed !== true)
    sentences.push(`It is not counted: npm run laws -- count ${lawId} says what that needs.`);
  return sentences;
}

/** What comes after the count of a law that others can check. */
function toConclude({ lawId, reached, concluded, logKey }: LifeFacts): readonly string[] {
  if (reached !== "counted" || logKey === undefined || concluded === "published") return [];
  return concluded === "certified"
    ? [`It is not published: npm run ops -- publish ${lawId}`]
    : [`It is not certified: npm run ops -- certify ${lawId}`];
}
