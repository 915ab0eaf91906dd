import type { BoxFacts } from "../../shared/domain/law-life.ts";
import { checkLedger, type LawFacts } from "../../shared/domain/ledger.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import { deadLetters, inQueues, refuseFor, refuseToCount, restoredBefore } from "./missing.ts";
import type { AddedBallots, CountPorts, LawCount, NotedCount } from "./ports.ts";

/** How far counting has come. */
export type Counting<State> =
  /** Since when the queues are empty, and when they were last looked at: ISO 8601. */
  | { readonly phase: "quiet"; readonly since: string; readonly seen: string }
  | { readonly phase: "ledger"; readonly ledger: State | undefined }
  | { readonly phase: "end"; readonly version: number; readonly count: LawCount }
  /** The ballots of an opened box are added. */
  | { readonly phase: "ballots"; readonly version: number; readonly ballots: AddedBallots }
  | { readonly phase: "done"; readonly law: KnownLaw; readonly count: NotedCount }
  /** The box of a sealed law is closed; it is counted once two openings agree. */
  | { readonly phase: "closed"; readonly law: KnownLaw; readonly box: BoxFacts };

type Ended = Extract<Counting<unknown>, { readonly phase: "done" | "closed" }>;
/** Counting that goes on. */
export type Unfinished<State> = Exclude<Counting<State>, Ended>;

/** Looks at the queues that are further apart do not prove that they were empty in between, in seconds. */
const MOST_BETWEEN_LOOKS = 60;

/**
 * Goes on with counting a law: the queues must have been empty for a while, the ledger must be clean, and then the
 * recording of its votes ends. Every step can be cut off and repeated, by somebody else too: nothing is changed before
 * the last one, which is one transaction. On a sealed law, this step closes the box. When the law is counted again and
 * two openings of its box are equal, their ballots are added, step by step, and then it is counted.
 *
 * @param ports the servers
 * @param counting how far it has come; undefined: the first step
 * @returns how far it has come then
 * @throws Refusal with a list of what is missing
 */
export async function countStep<State>(
  ports: CountPorts<State>,
  counting: Counting<State> | undefined,
): Promise<Counting<State>> {
  let now = counting ?? (await begun(ports));
  while (now.phase !== "done" && now.phase !== "closed" && !ports.isOver()) now = await next(ports, now);
  return now;
}

function next<State>(ports: CountPorts<State>, now: Unfinished<State>): Promise<Counting<State>> {
  if (now.phase === "quiet") return waitUntilQuiet(ports, now);
  if (now.phase === "ledger") return checkVotes(ports, now.ledger);
  if (now.phase === "ballots") return addBallots(ports, now);
  return end(ports, now);
}

async function begun<State>(ports: CountPorts<State>): Promise<Counting<State>> {
  const law = await ports.law();
  if (law.reached === "counted") return { phase: "done", law, count: await countOf(ports, law) };
  await refuseToCount(ports);
  if (law.boxClosed === true) return { phase: "ballots", version: law.version, ballots: await ports.box.addBallots() };
  const since = (await ports.now()).toISOString();
  return { phase: "quiet", since, seen: since };
}

async function waitUntilQuiet<State>(
  ports: CountPorts<State>,
  { since, seen }: { readonly since: string; readonly seen: string },
): Promise<Counting<State>> {
  const law = await ports.law();
  refuseFor(law, inQueues(await ports.depths()));
  const now = await ports.now();
  if ((now.getTime() - Date.parse(seen)) / 1_000 > MOST_BETWEEN_LOOKS) {
    return { phase: "quiet", since: now.toISOString(), seen: now.toISOString() };
  }
  if ((now.getTime() - Date.parse(since)) / 1_000 >= ports.quietSeconds) return { phase: "ledger", ledger: undefined };
  await ports.pause();
  return { phase: "quiet", since, seen: now.toISOString() };
}

async function checkVotes<State>(ports: CountPorts<State>, ledger: State | undefined): Promise<Counting<State>> {
  // The law before its votes: whoever changes it meanwhile is noticed at the end.
  const law = await ports.law();
  const ended = await endedBefore(ports, law);
  if (ended !== undefined) return ended;
  const progress = await ports.ledger(ledger);
  if ("state" in progress) return { phase: "ledger", ledger: progress.state };
  refuseForbidden(law, "count", (await ports.now()).getTime());
  const { verdict, findings } = checkLedger(progress.facts);
  if (verdict !== "clean") {
    // The journal keeps a refusal, and never a voter's hash.
    const said = findings.map(({ message, summary = message }) => `${summary}.`).join(" ") || "votes are under way.";
    refuseFor(law, [`The ledger is not clean (npm run ops -- reconcile --law ${law.lawId}): ${said}`]);
  }
  const facts = progress.facts.laws.find(({ lawId }) => lawId === law.lawId);
  return { phase: "end", version: law.version, count: figuresOf(facts) };
}

function figuresOf(facts: LawFacts | undefined): LawCount {
  const { tally = { oui: 0, non: 0 }, audit = { counted: 0, duplicate: 0, invalid: 0 } } = facts ?? {};
  return { oui: tally.oui, non: tally.non, counted: audit.counted, duplicate: audit.duplicate, invalid: audit.invalid };
}

async function end<State>(
  ports: CountPorts<State>,
  { version, count }: { readonly version: number; readonly count: LawCount },
): Promise<Counting<State>> {
  const law = await ports.law();
  if ((await endedBefore(ports, law)) === undefined) {
    // A dead letter that somebody sends back leaves its queue between two looks, so the queues are looked at again.
    const before = inQueues(await ports.depths());
    const dead = await deadLetters(ports, law);
    refuseFor(law, [...before, ...dead, ...(before.length > 0 ? [] : inQueues(await ports.depths()))]);
    const write = () => (law.form === "sealed" ? ports.box.close(version, count) : ports.endRecording(law, count));
    if (law.version !== version || !(await write())) await refuseMoved(ports);
  }
  // Voters' functions learn of it by this look.
  return (await endedBefore(ports, await ports.law())) ?? restoredBefore(law);
}

/** How counting has ended, if the law is counted or its box closed. */
async function endedBefore(ports: CountPorts<unknown>, law: KnownLaw): Promise<Ended | undefined> {
  if (law.reached === "counted") return { phase: "done", law, count: await countOf(ports, law) };
  if (law.boxClosed !== true) return undefined;
  return { phase: "closed", law, box: (await ports.box.facts()) ?? restoredBefore(law) };
}

async function addBallots<State>(
  ports: CountPorts<State>,
  { version }: { readonly version: number },
): Promise<Counting<State>> {
  const ballots = await ports.box.addBallots();
  if (ballots.added < ballots.total) return { phase: "ballots", version, ballots };
  if (!(await ports.box.count(version))) await refuseUnaccounted(ports, version);
  const law = await ports.law();
  return { phase: "done", law, count: await countOf(ports, law) };
}

/** Somebody else may have counted the law meanwhile. */
async function refuseUnaccounted(ports: CountPorts<unknown>, version: number): Promise<void> {
  const law = await ports.law();
  if (law.reached === "counted") return;
  const box = await ports.box.facts();
  if (law.version !== version || box?.agree !== true) {
    refuseFor(law, ["Somebody changed the law or its openings meanwhile. Repeat this command."]);
  }
  refuseFor(law, [
    `Its box was closed with ${box?.envelopes} envelopes, and the box or the ballots in the database do not account for them: ` +
      "somebody has changed the database. Find out who, and restore it.",
  ]);
}

/** Refuses if the law changed since it was checked, unless somebody else has counted it. */
async function refuseMoved(ports: CountPorts<unknown>): Promise<void> {
  const law = await ports.law();
  if ((await endedBefore(ports, law)) !== undefined) return;
  refuseFor(law, [
    "While its votes were compared, a vote was recorded or somebody changed the law. Repeat this command.",
  ]);
}

async function countOf(ports: Pick<CountPorts<unknown>, "counted">, { lawId }: KnownLaw): Promise<NotedCount> {
  const count = await ports.counted();
  if (count !== undefined) return count;
  throw new Refusal(
    `${lawId} is counted, and PostgreSQL does not know with what: it was restored to a time before the count. Restore it ` +
      "to a time after the count; the journal of operators says when that was.",
    { subject: lawId },
  );
}
