import { lawInstant } from "../../shared/domain/instant.ts";
import { missingOfBox } from "../../shared/domain/law-life.ts";
import type { QueueDepths } from "../../shared/domain/ledger.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import type { CountPorts } from "./ports.ts";

/**
 * Refuses to count a law for which something is missing. What takes longer to find out is refused later: queues that
 * do not stay empty, and what the ledger says.
 *
 * @param ports the servers
 * @throws Refusal naming everything that is missing
 */
export async function refuseToCount(
  ports: Pick<
    CountPorts<unknown>,
    "law" | "now" | "visibilitySeconds" | "quietSeconds" | "depths" | "deadLetters" | "box"
  >,
): Promise<void> {
  const law = await ports.law();
  const now = await ports.now();
  refuseForbidden(law, "count", now.getTime());
  if (law.reached === "counted") return;
  if (law.boxClosed === true) {
    // Nothing is recorded of it any more: what is in the queues changes nothing.
    refuseFor(law, missingOfBox(law, (await ports.box.facts()) ?? restoredBefore(law)));
    return;
  }
  const missing = [
    ...(await tooSoon(ports, law, now)),
    ...inQueues(await ports.depths()),
    ...(await deadLetters(ports, law)),
  ];
  refuseFor(law, missing);
}

/**
 * What is missing until a closed law can be counted, as far as it can be seen without touching a message.
 *
 * @param ports the servers
 * @param law the law
 * @returns sentences
 */
export async function missingToCount(
  ports: Pick<CountPorts<unknown>, "now" | "visibilitySeconds" | "quietSeconds" | "depths" | "box">,
  law: KnownLaw,
): Promise<readonly string[]> {
  const box = law.boxClosed === true ? await ports.box.facts() : undefined;
  if (box !== undefined) return [...missingOfBox(law, box), ...(box.agree ? [countIt(law)] : [])];
  const depths = await ports.depths();
  const dead = depths.votesDeadLetters + depths.outcomesDeadLetters;
  return [
    ...(await tooSoon(ports, law, await ports.now())),
    ...inQueues(depths),
    ...(dead === 0 ? [] : [`${dead} dead letters may be votes of it: npm run ops -- redrive sends them back.`]),
  ];
}

function countIt({ lawId }: KnownLaw): string {
  return `The two openings of its box agree: npm run laws -- count ${lawId} counts it.`;
}

/**
 * Refuses to count a law for which something is missing.
 *
 * @param law the law
 * @param missing what, in sentences; empty: nothing
 * @throws Refusal with all of it
 */
export function refuseFor({ lawId }: KnownLaw, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new Refusal(`${lawId} cannot be counted yet, and nothing was changed. What is missing: ${missing.join(" ")}`, {
    subject: lawId,
  });
}

/** A vote that was accepted in the last moment may be hidden in a queue for as long as a consumer can have it. */
async function tooSoon(
  ports: Pick<CountPorts<unknown>, "visibilitySeconds" | "quietSeconds">,
  law: KnownLaw,
  now: Date,
): Promise<readonly string[]> {
  const seconds = (await ports.visibilitySeconds()) + ports.quietSeconds;
  const { closesAt = "" } = law;
  const soonest = new Date(Date.parse(closesAt) + seconds * 1_000);
  if (now >= soonest) return [];
  return [
    `It closed at ${lawInstant(law, closesAt)}, and is counted ${seconds} seconds after that at the soonest, at ` +
      `${lawInstant(law, soonest)}.`,
  ];
}

/**
 * What is missing because messages are in the queues.
 *
 * @param depths of the queues
 */
export function inQueues({ votes, outcomes }: QueueDepths): readonly string[] {
  if (votes + outcomes === 0) return [];
  return [
    `${votes} votes and ${outcomes} outcomes are in the queues; npm run ops -- drain waits until they are recorded.`,
  ];
}

/**
 * What is missing because of dead letters.
 *
 * @param ports the servers
 * @param law the law
 */
export async function deadLetters(
  ports: Pick<CountPorts<unknown>, "depths" | "deadLetters">,
  { lawId }: KnownLaw,
): Promise<readonly string[]> {
  const { votesDeadLetters, outcomesDeadLetters } = await ports.depths();
  if (votesDeadLetters + outcomesDeadLetters === 0) return [];
  const { ofLaw, unreadable, others, complete } = await ports.deadLetters();
  const hidden = votesDeadLetters + outcomesDeadLetters - ofLaw - unreadable - others;
  return [
    ...(ofLaw === 0
      ? []
      : [
          `${ofLaw} dead letters are votes of it: npm run ops -- redrive sends them back, and settle ${lawId} decides ` +
            "duplicates that come again.",
        ]),
    ...(unreadable === 0
      ? []
      : [`Nothing can read ${unreadable} dead letters, and they may be votes of it: npm run ops -- set-aside.`]),
    ...(complete ? [] : ["There are more dead letters than could be looked at: npm run ops -- redrive."]),
    ...(complete && hidden > 0
      ? [`${hidden} dead letters are hidden, because somebody is at work on them or was cut off: ten minutes at most.`]
      : []),
  ];
}

/**
 * Refuses a law whose box is closed, and of which the database does not know with what.
 *
 * @param law the law
 * @throws Refusal always
 */
export function restoredBefore({ lawId }: KnownLaw): never {
  throw new Refusal(
    `The box of ${lawId} is closed, and PostgreSQL does not know with what: it was restored to a time before that. Restore ` +
      "it to a time after it; the journal of operators says when that was.",
    { subject: lawId },
  );
}
