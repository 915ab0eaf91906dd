import type { Law } from "../../shared/domain/law.ts";
import { ROLL_BUCKETS, rollMetaKey } from "../../shared/domain/roll.ts";
import { bucketDigests } from "../../shared/domain/roll-digest.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { writeRollMeta } from "../../shared/stores/claims.ts";
import { finalFindings, watch } from "./checks.ts";
import { startConsumers } from "./consumers.ts";
import { counterfeit } from "./counterfeits.ts";
import { countFirstLaw, putLateVote } from "./counting.ts";
import { addMissing } from "./draft.ts";
import { boxFindings, type FormFigures, formFigures } from "./form-checks.ts";
import type { History, WorldEvent } from "./history.ts";
import { setAllFrozen } from "./law-window.ts";
import { finishLogs, startLogs } from "./logs.ts";
import { writeLawRow } from "./models/laws.ts";
import { LogTables } from "./models/log-tables.ts";
import { type Ballot, noteDigestsIn, type SimPostgres, sealIn, voterKey } from "./models/postgres.ts";
import { enable, loadAndSeal, rebuild, redriveAll, settleAll } from "./operator.ts";
import { startOperator } from "./operator-day.ts";
import { disableBoth, markLost, stepsAfterRestore } from "./restoring.ts";
import { startReader } from "./results-reader.ts";
import type { Process } from "./scheduler.ts";
import { type TakenStep, TooManySteps } from "./steps.ts";
import { readReceipts, startVoters, voteAgain } from "./voters.ts";
import { withWallClock } from "./wall-clock.ts";
import { World } from "./world.ts";

/** The result of a simulation. */
export interface Verdict {
  /** Findings; empty if nothing is wrong. */
  readonly findings: readonly string[];
  readonly accepted: number;
  /** Votes that restores of PostgreSQL lost, and that nobody sent again. */
  readonly lost: number;
  /** Of laws with forms. */
  readonly forms: FormFigures;
  readonly steps: readonly TakenStep[];
  readonly stepCount: number;
  /** The first step after the end of the faults. */
  readonly healedFrom: number;
}

/** Many times as many steps as the longest history takes. */
const MOST_STEPS = 20_000;
/**
 * How many redrives there may be until everything is decided: a redriven message may meet a delayed one, but no fault.
 */
const ROUNDS = 4;

/** Longer than `ingest` remembers that a law is frozen. */
const UNFROZEN_MS = 10_000;

/**
 * Simulates a history. First there are actions and faults. Then the faults end, the operator does what the runbook
 * says, and everything must be decided and right.
 *
 * @param history the actions and faults
 * @param keepSteps whether every step is kept, for a timeline
 */
export function simulate(history: History, keepSteps = false): Promise<Verdict> {
  const world = new World(history, keepSteps);
  // Older histories go by the clock of this machine where an act asks for the time without asking a server.
  if (history.draftOpensAtMs === undefined) return simulateIn(world);
  return withWallClock(world.wallClock, () => simulateIn(world));
}

async function simulateIn(world: World): Promise<Verdict> {
  const { scheduler } = world;
  watch(world);
  openPolls(world);
  const garbage = scheduleEvents(world);
  startConsumers(world);
  startVoters(world);
  startOperator(world);
  startLogs(world);
  const reader = startReader(world);
  let healedFrom = Number.POSITIVE_INFINITY;
  try {
    await scheduler.run(MOST_STEPS);
    healedFrom = scheduler.steps;
    await heal(world, garbage);
    world.findings.push(...finalFindings(world, garbage), ...(await boxFindings(world)));
    reader?.closeAll();
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    world.findings.push(`it does not come to an end: ${error.message}`);
  }
  scheduler.stop();
  return {
    findings: [...new Set([...world.findings, ...scheduler.failures])],
    accepted: world.accepted.length,
    lost: [...world.restored.forgotten].filter((requestId) => !world.postgres.tables.audit.has(requestId)).length,
    forms: formFigures(world),
    steps: scheduler.taken,
    stepCount: scheduler.steps,
    healedFrom,
  };
}

/** Loads the rolls before the first vote, and seals them unless somebody is still to be loaded. */
function openPolls(world: World): void {
  const { dynamoDb, hashed, history, laws, postgres, redis } = world;
  const { tables } = postgres;
  const isWhole = history.voters.every(({ onRoll }) => onRoll !== "later");
  for (const law of laws) {
    if (world.isDraft(law)) continue;
    const { lawId, pepperId, form, logKey } = law;
    if (logKey !== undefined) tables.logs.set(lawId, new LogTables());
    const hashes: Buffer[] = [];
    const persons = new Set<string>();
    for (const one of hashed) {
      const person = one.personHash.toString("hex");
      if (one.lawId !== lawId || one.voter.onRoll !== "first" || persons.has(person)) continue;
      const hash = one.voterHash.toString("hex");
      persons.add(person);
      tables.roll.set(voterKey(lawId, hash), { person });
      hashes.push(one.voterHash);
    }
    if (!isWhole) {
      noteLaw(postgres, law);
      continue;
    }
    for (const hash of hashes) redis.hset(`roll:{${lawId}:${hash.toString("hex", 0, 2)}}`, hash.toString("hex"), "");
    noteDigestsIn(tables, lawId, { from: 0, to: ROLL_BUCKETS }, bucketDigests(hashes));
    const { digest, voters } = sealIn(tables, lawId);
    dynamoDb.laws.set(lawId, { ...law, sealedVoters: voters });
    noteLaw(postgres, { ...law, sealedVoters: voters });
    redis.set(rollMetaKey(lawId), writeRollMeta({ voters, pepperId, digest: digest.toString("hex"), form }));
  }
}

/** A law with a form was added through the operators' API, and has a row; others are from before there were rows. */
function noteLaw(postgres: SimPostgres, { version, ...law }: Law): void {
  if (version !== undefined) writeLawRow(postgres, { law: { ...law, version }, confirmedVersion: version });
}

/** @returns the bodies that have been put on queues so far and can never be recorded */
function scheduleEvents(world: World): Set<string> {
  const garbage = new Set<string>();
  for (const event of world.history.events) {
    const others = world.scheduler.events.get(event.step);
    world.scheduler.events.set(event.step, () => {
      others?.();
      happen(world, event, garbage);
    });
  }
  return garbage;
}

function happen(world: World, { kind, amount }: WorldEvent, garbage: Set<string>): void {
  const name = amount % 2 === 0 ? "votes" : "outcomes";
  const queue = world.queue(name);
  if (kind === "failover") world.redis.failOver(amount);
  else if (kind === "flush") world.redis.flush();
  else if (kind === "clock") world.moveClock(amount);
  else if (kind === "redeliver") queue.redeliver();
  else if (kind === "forge") forge(world, amount);
  else if (kind === "tamper") world.postgres.tables.ballots.push(...tampered(world));
  else if (kind === "counterfeit") {
    const body = counterfeit(world, name, amount);
    // What was sent before is a redelivery.
    if (!queue.everSent.includes(body)) garbage.add(body);
    queue.put(body);
  } else if (kind === "refuse") {
    const body = world.queue("outcomes").bodies[0];
    const requestId = body === undefined ? undefined : readOutcome(body)?.requestId;
    if (requestId !== undefined) world.postgres.refused.add(requestId);
  } else {
    const body = `unreadable ${garbage.size}`;
    if (readVote(body) !== undefined) throw new Error("garbage can be read");
    garbage.add(body);
    queue.put(body);
  }
}

/** The ballot of nobody, of the first law. */
function tampered(world: World): readonly Ballot[] {
  const ballots = world.laws.slice(0, 1).map(({ lawId }) => ({ lawId, choice: "oui" as const }));
  world.tampered.push(...ballots);
  return ballots;
}

/** Puts a claim without a submission in Redis, as a stale one, or one that somebody has forged. */
function forge({ hashed, redis }: World, which: number): void {
  const one = hashed[which % hashed.length];
  if (one === undefined) return;
  const hash = one.voterHash.toString("hex");
  const bucket = `roll:{${one.lawId}:${hash.slice(0, 4)}}`;
  if (redis.hashes.get(bucket)?.has(hash) === true) redis.hset(bucket, hash, "f".repeat(32));
}

/** Nothing goes wrong any more, and the operator follows the runbook until the queues are empty. */
async function heal(world: World, garbage: Set<string>): Promise<void> {
  const { scheduler } = world;
  scheduler.isHealed = true;
  world.postgres.refused.clear();
  const { ballots } = world.postgres.tables;
  for (const ballot of world.tampered.splice(0)) ballots.splice(ballots.indexOf(ballot), 1);
  const command = async (name: string, body: (process: Process) => Promise<void>) => {
    const run = { isDone: false };
    const done = scheduler.spawn(`operator: ${name}`, body).then(
      () => {
        run.isDone = true;
      },
      (error: unknown) => {
        run.isDone = true;
        world.findings.push(`with nothing wrong, ${name} failed: ${String(error)}`);
      },
    );
    await scheduler.run(MOST_STEPS, () => run.isDone);
    if (!run.isDone) world.findings.push(`with nothing wrong, ${name} does not come to an end`);
    else await done;
  };
  // Whoever takes over a restore begins with the runbook's first step that leaves something behind.
  if (world.isAggregatePaused || world.restored.has) {
    await command("after a restore", async (process) => {
      await disableBoth(world, process);
      for (const step of stepsAfterRestore(world, process)) await step();
    });
  }
  // The same load completes an interrupted one, and so does a seal.
  const loads = world.history.commands.some(({ command: name }) => name === "load");
  if (world.history.draftOpensAtMs !== undefined)
    await command("add the draft", (process) => addMissing(world, process));
  if (loads) await command("load and seal", (process) => loadAndSeal(world, process));
  let isTold = false;
  await command("rebuild", async (process) => {
    isTold = await rebuild(world, process);
  });
  await command("enable", (process) => enable(world, process, isTold));
  for (let round = 0; round < ROUNDS; round++) {
    await scheduler.run(MOST_STEPS);
    await command("redrive", (process) => redriveAll(world, process));
  }
  await scheduler.run(MOST_STEPS);
  await command("settle", (process) => settleAll(world, process));
  await scheduler.run(MOST_STEPS);
  if (world.restored.has) await command("mark what is lost", (process) => markLost(world, process));
  if ([...world.dynamoDb.laws.values()].some(({ frozen }) => frozen === true)) {
    await command("unfreeze", (process) => setAllFrozen(world, process, false));
    await command("wait until every ingest knows", (process) => process.sleep(UNFROZEN_MS));
  }
  const hasCopies = [...world.postgres.tables.audit.values()].some((row) => row.invalidReason === "copied");
  if (world.restored.has || hasCopies) {
    await command("vote again", () => voteAgain(world));
    await scheduler.run(MOST_STEPS);
  }
  await command("rebuild", async (process) => {
    await rebuild(world, process);
  });
  if (world.history.commands.some(({ command: name }) => name === "count")) {
    // With nothing wrong, there is nothing that is missing.
    await command("count", (process) => countFirstLaw(world, process));
    garbage.add(putLateVote(world));
    await scheduler.run(MOST_STEPS);
  }
  if (world.history.log !== undefined) await command("finish the logs", (process) => finishLogs(world, process));
  await command("look at every receipt", (process) => readReceipts(world, process));
}
