import type { LawForm } from "../../shared/domain/law.ts";
import type { Random } from "../random.ts";
import type { History, SealedBy, SimVoter, Submission, WorldEvent } from "./history.ts";

/** Counterfeit messages come before one step in this many. */
const COUNTERFEIT_SPAN = 120;
/** Each is another one. */
const COUNTERFEITS = 1_000_000;

/**
 * The same history with laws that have a form. Some voters seal their choices themselves, some send copies of
 * envelopes, some send another choice under the same Idempotency-Key, and forged messages come to both queues.
 *
 * @param history one whose laws have no form
 * @param random for everything that is added
 */
export function withForms(history: History, random: Random): History {
  const forms = formsOf(history.laws, random);
  const sealed = forms.flatMap((form, law) => (form === "sealed" ? [law] : []));
  const own = history.submissions.map((one) => (random.below(3) === 0 ? sealing(one, "client") : one));
  return {
    ...history,
    forms,
    voters: [...history.voters, COPIER],
    submissions: [...own, ...secondBallots(own, random), ...copies(history, sealed, random)],
    events: [...history.events, ...counterfeits(random)],
  };
}

/** One law at least has a form. */
function formsOf(laws: number, random: Random): readonly (LawForm | undefined)[] {
  const first = random.pick(["sealed", "sealed", "open"] as const);
  const others = Array.from({ length: laws - 1 }, () => random.pick(["sealed", "open", "none"] as const));
  return random.shuffled([first, ...others]).map((form) => (form === "none" ? undefined : form));
}

function sealing(one: Submission, kind: SealedBy["kind"], which = 0): Submission {
  return { ...one, sealedBy: { kind, which } };
}

/** In some histories a voter sends the other choice too, under the same Idempotency-Key, as from two tabs. */
function secondBallots(submissions: readonly Submission[], random: Random): readonly Submission[] {
  if (random.below(3) !== 0) return [];
  const one = random.pick(submissions);
  const key = one.idempotencyKey ?? "two-tabs";
  const choice = one.choice === "oui" ? "non" : "oui";
  const second = { ...one, choice, atMs: one.atMs + random.below(4_000), idempotencyKey: key } as const;
  return [{ ...one, idempotencyKey: key }, random.below(2) === 0 ? sealing(second, "client") : second];
}

/** Somebody who votes only with copies, if not told to vote again. */
const COPIER: SimVoter = { nas: "300000000", code: "COPIER01", onRoll: "first" };

/** In some histories voters send envelopes of others. Some of them vote again later, before anybody tells them to. */
function copies({ voters, submissions }: History, sealed: readonly number[], random: Random): readonly Submission[] {
  if (sealed.length === 0 || random.below(3) === 0) return [];
  return Array.from({ length: 1 + random.below(3) }).flatMap(() => {
    const atMs = random.pick(submissions).atMs + random.below(random.below(2) === 0 ? 5_000 : 60_000);
    const one: Submission = {
      voter: random.below(2) === 0 ? voters.length : random.below(voters.length),
      law: random.pick(sealed),
      choice: random.pick(["oui", "non"] as const),
      idempotencyKey: random.below(2) === 0 ? undefined : `key-${random.below(3)}`,
      atMs,
      sends: random.below(4) === 0 ? 2 : 1,
    };
    const copy = sealing(one, random.pick(["copy", "altered copy"] as const), random.below(100));
    const again = { ...one, idempotencyKey: undefined, atMs: atMs + random.below(60_000), sends: 1 };
    return random.below(2) === 0 ? [copy] : [copy, again];
  });
}

function counterfeits(random: Random): readonly WorldEvent[] {
  if (random.below(2) === 0) return [];
  return Array.from({ length: 1 + random.below(6) }, () => ({
    step: random.below(COUNTERFEIT_SPAN),
    kind: "counterfeit" as const,
    amount: random.below(COUNTERFEITS),
  }));
}
