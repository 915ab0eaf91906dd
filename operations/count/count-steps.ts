import { checkLedger, type LawFacts, type LedgerFacts, type QueueDepths } from "../../shared/domain/ledger.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";

/** What a law was counted with. */
export interface LawCount {
  readonly oui: number;
  readonly non: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
}

/** The same, with the moment from which on no vote was recorded. */
export interface NotedCount extends LawCount {
  readonly endedAt: Date;
}

/** How far the ledger is checked; the caller keeps it. */
export type LedgerProgress<State> = { readonly state: State } | { readonly facts: LedgerFacts };

/** What was seen of the dead letters. */
interface DeadLettersSeen {
  readonly ofLaw: number;
  readonly unreadable: number;
  readonly others: number;
  /** Whether all of them that can be received were seen. */
  readonly complete: boolean;
}

/** What the steps of counting need. Nothing here waits for longer than a step may take. */
export interface CountPorts<State> {
  /** The law as it stands; it exists. */
  law(): Promise<KnownLaw>;
  /** The present instant, by the stage's clock. */
  now(): Promise<Date>;
  /** For how long a message that a consumer has received is hidden, in seconds. */
  visibilitySeconds(): Promise<number>;
  /** For how long the queues must be empty, in seconds. */
  readonly quietSeconds: number;
  depths(): Promise<QueueDepths>;
  /** How many dead letters are of the law, how many nothing can read, and how many are of others. */
  deadLetters(): Promise<DeadLettersSeen>;
  /** Goes on with the check of the ledger. */
  ledger(state: State | undefined): Promise<LedgerProgress<State>>;
  /** Ends the recording, if law and votes are still as they were found. */
  endRecording(law: KnownLaw, count: LawCount): Promise<boolean>;
  /** What the law was counted with; undefined: it is not counted, or PostgreSQL was restored to before that. */
  counted(): Promise<NotedCount | undefined>;
  /** Waits before the next reading of the queues. */
  pause(): Promise<void>;
  /** Whether the step should end. */
  isOver(): boolean;
}

/** How far counting has come. */
export type Counting<State> =
  /** Since when the queues are empty, and when they were last looked at: ISO 8601. */
  | { readonly phase: "quiet"; readonly since: string; readonly seen: string }
  | { readonly phase: "ledger"; readonly ledger: State | undefined }
  | { readonly phase: "end"; readonly version: number; readonly count: LawCount }
  | { readonly phase: "done"; readonly law: KnownLaw; readonly count: NotedCount };

/** Looks at the queues that are further apart do not prove that they were empty in between, in seconds. */
const MOST_BETWEEN_LOOKS = 60;

/**
 * Goes on with counting a law: the queues must have been empty for a while, the ledger must be clean, and then the
 * recording of its votes ends. Every step can be cut off and repeated, by somebody else too: nothing is changed before
 * the last one, which is one transaction.
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
  while (now.phase !== "done" && !ports.isOver()) {
    if (now.phase === "quiet") now = await waitUntilQuiet(ports, now);
    else if (now.phase === "ledger") now = await checkVotes(ports, now.ledger);
    else now = await end(ports, now);
  }
  return now;
}

async function begun<State>(ports: CountPorts<State>): Promise<Counting<State>> {
  const law = await ports.law();
  if (law.reached === "counted") return { phase: "done", law, count: await countOf(ports, law) };
  await refuseToCount(ports);
  const since = (await ports.now()).toISOString();
  return { phase: "quiet", since, seen: since };
}

/**
 * Refuses to count a law for which something is missing. What takes longer to find out is refused later: queues that
 * do not stay empty, and what the ledger says.
 *
 * @param ports the servers
 * @throws Refusal naming everything that is missing
 */
export async function refuseToCount(
  ports: Pick<CountPorts<unknown>, "law" | "now" | "visibilitySeconds" | "quietSeconds" | "depths" | "deadLetters">,
): Promise<void> {
  const law = await ports.law();
  const now = await ports.now();
  refuseForbidden(law, "count", now.getTime());
  if (law.reached === "counted") return;
  const missing = [
    ...(await tooSoon(ports, law, now)),
    ...inQueues(await ports.depths()),
    ...(await deadLetters(ports, law)),
  ];
  refuseFor(law, missing);
}

function refuseFor({ lawId }: KnownLaw, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new Refusal(`${lawId} cannot be counted yet, and nothing was changed. What is missing: ${missing.join(" ")}`, {
    subject: lawId,
  });
}

/** A vote that was accepted in the last moment may be hidden in a queue for as long as a consumer can have it. */
async function tooSoon(
  ports: Pick<CountPorts<unknown>, "visibilitySeconds" | "quietSeconds">,
  { closesAt = "" }: KnownLaw,
  now: Date,
): Promise<readonly string[]> {
  const seconds = (await ports.visibilitySeconds()) + ports.quietSeconds;
  const soonest = new Date(Date.parse(closesAt) + seconds * 1_000);
  if (now >= soonest) return [];
  return [
    `It closed at ${closesAt}, and is counted ${seconds} seconds after that at the soonest, at ${soonest.toISOString()}.`,
  ];
}

function inQueues({ votes, outcomes }: QueueDepths): readonly string[] {
  if (votes + outcomes === 0) return [];
  return [
    `${votes} votes and ${outcomes} outcomes are in the queues; npm run ops -- drain waits until they are recorded.`,
  ];
}

async function deadLetters(
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
  if (law.reached === "counted") return { phase: "done", law, count: await countOf(ports, law) };
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
  if (law.reached !== "counted") {
    // A dead letter that somebody sends back leaves its queue between two looks, so the queues are looked at again.
    const before = inQueues(await ports.depths());
    const dead = await deadLetters(ports, law);
    refuseFor(law, [...before, ...dead, ...(before.length > 0 ? [] : inQueues(await ports.depths()))]);
    if (law.version !== version || !(await ports.endRecording(law, count))) await refuseMoved(ports);
  }
  // Voters' functions learn of it by this look.
  const now = await ports.law();
  return { phase: "done", law: now, count: await countOf(ports, now) };
}

/** What was found holds no more, unless somebody else has counted the law meanwhile. */
async function refuseMoved(ports: CountPorts<unknown>): Promise<void> {
  const law = await ports.law();
  if (law.reached === "counted") return;
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
