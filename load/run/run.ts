import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { StageName } from "../../infra/stages.ts";
import { makeTemporaryDirectory } from "../../machine/temporary-directory.ts";
import { readLedger } from "../../operations/ledger/read.ts";
import { dataDirectory, findTarget } from "../../places/find-target.ts";
import { type StartedStack, startStack } from "../../places/local/starter.ts";
import { readLocalDescription } from "../../places/stack-description.ts";
import type { Target } from "../../places/target.ts";
import { checkLedger } from "../../shared/domain/ledger.ts";
import { UserError } from "../../terminal/errors.ts";
import type { LoadReport, Processing } from "../report/model.ts";
import { lastAnswer, processingOf, sinceFirstVote, totalsOf } from "../report/report.ts";
import { Drive } from "./drive.ts";
import { LONE_VOTERS, LoneVoters } from "./lone-voters.ts";
import { envelopesFileOf, type LoadForm, makeRoll } from "./roll.ts";
import { StackSampler } from "./sampler.ts";
import type { LoadScenario } from "./scenarios.ts";
import { WARM_UP_VOTES, warmUp } from "./warm-up.ts";

export interface LoadOptions extends LoadForm {
  readonly scenario: LoadScenario;
  readonly queue: "disk" | "memory";
  /**
   * A running stack: only its URL, or its stage or data directory. If undefined, the run starts a stack and stops it.
   */
  readonly host?: string | undefined;
  readonly stage?: StageName | undefined;
  readonly data?: string | undefined;
  /** With a URL alone: the roll that is loaded there. */
  readonly votersFile?: string | undefined;
  readonly lawId?: string | undefined;
  readonly mix: string;
  readonly shard: string;
  /** How often a vote that was not confirmed is sent again, with the same Idempotency-Key; 0 when left out. */
  readonly retries?: number | undefined;
  readonly command: string;
  readonly signal: AbortSignal;
  /** Called with what is being done. */
  readonly say: (text: string) => void;
  /** Called about every second with the report so far. */
  readonly onSecond: (report: LoadReport) => void;
  readonly stackEnvironment?: Readonly<Record<string, string>> | undefined;
}

/** How long accepted votes may take to be decided after the load has ended. */
const DECIDE_DEADLINE_MS = 300_000;

/**
 * Runs a load: stack, roll, warm-up, Artillery, the wait until everything is decided, and the check of the ledger.
 * Everything that it started is ended when it returns, whatever happened.
 *
 * @param options the load and the stack
 * @throws UserError when the load could not be run
 */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const work = await makeTemporaryDirectory("load");
  let stack: StartedStack | undefined;
  let target: Target | undefined;
  try {
    if (options.host === undefined && options.stage === undefined && options.data === undefined) {
      options.say("Starting a local stack …");
      stack = await startStack({ queue: options.queue, environment: options.stackEnvironment });
    }
    if (options.host === undefined || options.stage !== undefined || options.data !== undefined) {
      target = await findTarget({ stage: options.stage, data: stack?.description.data_dir ?? options.data });
    }
    return await runAgainst(target, work, {
      ...options,
      queue: stack?.description.queue_storage ?? storageOf(options),
    });
  } finally {
    await target?.close();
    await stack?.stop();
    await rm(work, { recursive: true, force: true });
  }
}

/** Where a running local stack keeps its queues. */
function storageOf({ data, queue }: LoadOptions): "disk" | "memory" {
  return readLocalDescription(dataDirectory(data))?.queue_storage ?? queue;
}

async function runAgainst(target: Target | undefined, work: string, options: LoadOptions): Promise<LoadReport> {
  const { scenario, signal, say } = options;
  const url = (options.host ?? target?.address.apiUrl ?? "").replace(/\/$/, "");
  const lawId = options.lawId ?? (target === undefined ? "LOAD" : `LOAD-${Date.now()}`);
  const acceptedFile = join(work, "accepted.txt");
  const votersFile = options.votersFile ?? join(work, "voters.csv");
  const { form, sealedBy = "client" } = options;
  if (target === undefined && form !== undefined) {
    throw new UserError("With --host alone, the law is there already: --form is for a law that this run adds.", 2);
  }
  let warmedUp = 0;
  let lone: LoneVoters | undefined;
  if (target !== undefined) {
    const machines = Number(options.shard.split("/")[1] ?? 1);
    const voters = scenario.votes * machines + WARM_UP_VOTES;
    say(`Making and loading a roll of ${voters.toLocaleString("en")} voters …`);
    await makeRoll(target, { form, sealedBy, lawId, voters, file: votersFile, signal, onProgress: () => undefined });
    warmedUp = await warmUp(url, lawId, votersFile, acceptedFile, signal);
    await untilDecided(new StackSampler(target, lawId, () => []), signal);
    const loneVoters = { lawId: `${lawId}-LONE`, votersFile: join(work, "lone-voters.csv") };
    const { lawId: itsLaw, votersFile: file } = loneVoters;
    // Their ballots are sealed by ingest: one in a second.
    const lonely = { form, sealedBy: "ingest", lawId: itsLaw, voters: LONE_VOTERS, file, signal } as const;
    await makeRoll(target, { ...lonely, onProgress: () => undefined });
    // A tally of AWS moves in steps, and that of a sealed law when it is counted.
    lone = new LoneVoters({ url, ...loneVoters, isTallyLive: !target.distributed && form !== "sealed" });
  } else if (options.votersFile === undefined) {
    throw new UserError(
      "With --host alone, say whose roll is loaded there: --voters FILE, and --law unless it is LOAD.",
      2,
    );
  }
  say(
    `Driving ${scenario.votes.toLocaleString("en")} votes at ${scenario.rate.toLocaleString("en")}/s against ${url} …`,
  );
  const skip = target === undefined ? 0 : WARM_UP_VOTES;
  const envelopesFile = form === "sealed" && sealedBy === "client" ? envelopesFileOf(votersFile) : undefined;
  const files = { votersFile, envelopesFile, acceptedFile, statsFile: join(work, "stats.jsonl") };
  const base = { scenario, url, lawId, skip, ...files };
  const drive = new Drive({ ...base, mix: options.mix, shard: options.shard, retries: options.retries ?? 0 });
  const stopDrive = () => drive.stop();
  signal.addEventListener("abort", stopDrive);
  const sampler = target && new StackSampler(target, lawId, () => [drive.pid], warmedUp);
  const report = (): LoadReport => reportOf(options, url, drive, sampler);
  const ticker = setInterval(() => {
    drive.update();
    options.onSecond(report());
  }, 1_000);
  try {
    await sampler?.start();
    lone?.start();
    await drive.done();
    const loneWithin = (await lone?.stop()) ?? {};
    signal.throwIfAborted();
    const healthyAfter = await isHealthy(url);
    say("Waiting until every accepted vote is decided …");
    if (sampler !== undefined) await untilDecided(sampler, signal);
    await sampler?.stop();
    const { processing, ...rest } = report();
    const done = {
      ...rest,
      ...(processing === undefined ? {} : { processing: { ...processing, ...loneWithin } }),
      healthyAfter,
    };
    return target === undefined ? done : await withLedger(done, target, lawId, acceptedFile, warmedUp);
  } finally {
    clearInterval(ticker);
    signal.removeEventListener("abort", stopDrive);
    drive.stop();
    lone?.end();
    await sampler?.stop();
  }
}

async function untilDecided(sampler: StackSampler, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + DECIDE_DEADLINE_MS;
  while (Date.now() < deadline) {
    const sample = await sampler.sample();
    if (sample.votesQueue + sample.outcomesQueue === 0) return;
    await pause(250, undefined, { signal });
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

function reportOf(options: LoadOptions, url: string, drive: Drive, sampler: StackSampler | undefined): LoadReport {
  const { scenario } = options;
  const totals = totalsOf(drive.timeline);
  const samples = sinceFirstVote(sampler?.samples ?? [], drive.timeline);
  const processing = sampler && processingOf(samples, totals.accepted, lastAnswer(drive.timeline));
  const onLocal = sampler !== undefined && Object.keys(sampler.samples[0]?.usage ?? {}).length > 0;
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return {
    v: 1,
    scenario: scenario.name,
    command: options.command,
    startedAt: new Date(drive.timeline[0]?.at ?? Date.now()).toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${gibibytes} GiB, Node ${process.versions.node}`,
    target: url,
    queueStorage: onLocal ? options.queue : "sqs",
    shard: options.shard,
    mix: options.mix,
    retriesAllowed: options.retries ?? 0,
    promise: scenario.promise,
    offered: { votes: scenario.votes, rate: scenario.rate, seconds: scenario.seconds },
    ...totals,
    ...(processing === undefined ? {} : { processing: { ...processing, counted: 0, duplicate: 0, invalid: 0 } }),
    timeline: drive.timeline,
    samples: [...samples],
  };
}

async function withLedger(
  report: LoadReport,
  target: Target,
  lawId: string,
  file: string,
  warmedUp: number,
): Promise<LoadReport> {
  const facts = await readLedger(target, { laws: [lawId], accepted: idsOf(file) });
  const { verdict, findings } = checkLedger(facts);
  const law = facts.laws.find((one) => one.lawId === lawId);
  const counts = {
    // Without the samples of the warm-up.
    counted: (law?.participation ?? warmedUp) - warmedUp,
    duplicate: law?.audit.duplicate ?? 0,
    invalid: law?.audit.invalid ?? 0,
  };
  const decidedWithin = await decisionLatency(target, lawId, new Date(firstVoteAt(report)));
  return {
    ...report,
    ...(report.processing === undefined ? {} : { processing: { ...report.processing, ...counts, decidedWithin } }),
    ledger: { verdict, findings: findings.map((finding) => finding.message) },
  };
}

/** When the run's first vote was sent, milliseconds since the epoch. */
function firstVoteAt(report: LoadReport): number {
  return Math.min(...report.timeline.filter((second) => second.firstAt > 0).map((second) => second.firstAt));
}

/**
 * How long votes accepted since an instant took until their transaction. The database has the clock of this machine.
 */
async function decisionLatency(target: Target, lawId: string, since: Date): Promise<Processing["decidedWithin"]> {
  const { rows } = await target.pool.query<{ ms: number[] | null }>(
    `select percentile_disc(array[0.5, 0.95, 0.99]) within group (
       order by extract(epoch from processed_at - "timestamp")::float8 * 1000) as ms
     from vote_audit where law_id = $1 and "timestamp" >= $2`,
    [lawId, since],
  );
  const [p50Ms, p95Ms, p99Ms] = rows[0]?.ms ?? [];
  return p50Ms === undefined || p95Ms === undefined || p99Ms === undefined ? undefined : { p50Ms, p95Ms, p99Ms };
}

async function* idsOf(file: string): AsyncGenerator<readonly string[]> {
  let ids: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line !== "") ids.push(line);
    if (ids.length >= 10_000) {
      yield ids;
      ids = [];
    }
  }
  yield ids;
}
