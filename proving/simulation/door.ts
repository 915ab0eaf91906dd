import { z } from "zod";
import { answerCall } from "../../operations/door/answer-call.ts";
import { OPERATE_ACTS } from "../../operations/door/operate-acts.ts";
import { ROLL_ACTS } from "../../operations/door/roll-acts.ts";
import { type DoorServices, parsed } from "../../operations/door/services.ts";
import { lawTimingOf } from "../../operations/law-book/timing.ts";
import type { StepPorts } from "../../operations/roll/steps/step-ports.ts";
import type { Servers } from "../../operations/servers.ts";
import { Busy, Refusal } from "../../shared/domain/refusal.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import type { ActAnswer } from "../../shared/messages/operators/envelope.ts";
import { LAW_CACHE_SECONDS, LAW_CHANGE_MARGIN_SECONDS } from "./environments.ts";
import { ledgerRows } from "./ledger-of-world.ts";
import { simArchive } from "./models/archive.ts";
import { lawBook } from "./models/laws.ts";
import { rollDrafts } from "./models/postgres-changes.ts";
import { doorPool } from "./models/postgres-door.ts";
import { rollDatabase, rollMarks } from "./models/postgres-ports.ts";
import { stepWork } from "./models/postgres-work.ts";
import { recordedVotes } from "./models/recorded-votes.ts";
import { rollCache } from "./models/redis.ts";
import { CALL_FAULTS, sqsClient } from "./models/sqs.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** How often a client sends a step that was not answered, and how long it waits before the second time. */
const TRIES = 6;
const FIRST_PAUSE_MS = 250;
/** How long it waits before it sends a step again while another process works on the same roll, and for how long. */
const BUSY_PAUSE_MS = 1_000;
const BUSY_MS = 120_000;
/** For how long queues are empty before a law is counted: with the visibility, longer than two stalls. */
const COUNT_QUIET_SECONDS = 60;

const OUTPUTS: Readonly<Record<string, string>> = {
  VotesQueueUrl: "votes",
  VotesDlqUrl: "votes-dlq",
  OutcomesQueueUrl: "outcomes",
  OutcomesDlqUrl: "outcomes-dlq",
  LawCacheSeconds: String(LAW_CACHE_SECONDS),
  LawChangeMarginSeconds: String(LAW_CHANGE_MARGIN_SECONDS),
  CountQuietSeconds: String(COUNT_QUIET_SECONDS),
  LegalTermDays: "0",
  CopiesKeptDays: "{}",
};

/**
 * Does an act through the operators' API, as the client does (places/operators/client.ts): step by step to its end, and
 * each step again that is not answered. Each call is a separate process, which may die; its answer may be lost, and
 * then the same step may be under way twice.
 *
 * @param world the servers
 * @param client the operator's command
 * @param act the act
 * @param request its request
 * @param onStep called after each step that is not the last; it may throw, to interrupt the act
 * @returns the result
 * @throws Refusal when it is refused; Error when it was not answered often enough
 */
export async function perform<A extends Act>(
  world: World,
  client: Process,
  act: A,
  request: z.input<A["request"]>,
  onStep: () => void = () => undefined,
): Promise<z.output<A["result"]>> {
  const run = world.newRun();
  for (let cursor: unknown; ; ) {
    const answer = await send(world, client, act, { run, request, cursor });
    if ("proposal" in answer)
      throw new Error(`${act.name} was proposed, and the simulated stage wants no second person`);
    if (answer.done) {
      const result = parsed<A["result"]>(act.result, answer.result, "the result");
      // A freeze does not wait for the journal.
      if (!WithoutJournal.safeParse(result).success) world.acts.set(run, act.name);
      return result;
    }
    cursor = answer.cursor;
    onStep();
  }
}

async function send(world: World, client: Process, act: Act, call: object): Promise<ActAnswer> {
  // Cursors travel as text.
  const body = JSON.stringify(call);
  let last: unknown;
  let isBusy = false;
  const busyUntil = world.scheduler.now + BUSY_MS;
  for (let tried = 0; tried < TRIES; tried++) {
    if (isBusy) await client.sleep(BUSY_PAUSE_MS);
    else if (tried > 0) await client.sleep(FIRST_PAUSE_MS * 2 ** (tried - 1));
    try {
      const answer = await client.step(`asks for ${act.name}`, () => answered(world, act, body), {
        faults: CALL_FAULTS,
      });
      await client.step("hears the answer", () => undefined, { faults: ["crash before", "error before", "stall"] });
      return answer;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      last = error;
      isBusy = error instanceof Busy;
      if (!isBusy) continue;
      if (world.scheduler.now >= busyUntil) throw error;
      tried -= 1;
    }
  }
  throw new Error(`${act.name} was not done in ${TRIES} tries`, { cause: last });
}

/** The function that the API calls. It goes on when its caller is gone. */
function answered(world: World, act: Act, body: string): Promise<ActAnswer> {
  const { name, group } = act;
  const isOfRolls = group === "rolls" || group === "roll-looks";
  const answer = world.scheduler.spawn(`${isOfRolls ? "roll" : "operate"}: ${name}`, async (process) => {
    if (isOfRolls) workOnRolls(world, process);
    const call = { group, name, body: JSON.parse(body), operator: OPERATOR };
    return answerCall(servicesOf(world, process), isOfRolls ? ROLL_ACTS : OPERATE_ACTS, call);
  });
  // Nobody may be waiting for it any more.
  answer.catch(() => undefined);
  return answer;
}

const WithoutJournal = z.looseObject({ in_journal: z.literal(false) });
const OPERATOR = { name: "operator", identity: "claimed", isPinned: true };

/**
 * Lets others see that work on rolls is under way, until its process ends.
 *
 * @param world the servers
 * @param process the one that works
 */
export function workOnRolls({ rollWork }: World, process: Process): void {
  const mine = {};
  rollWork.add(mine);
  process.onEnd(() => void rollWork.delete(mine));
}

function servicesOf(world: World, process: Process): DoorServices {
  const { scheduler, postgres } = world;
  const pool = doorPool(process, postgres, () => new Date(world.wallClock()));
  const output = (name: string) => OUTPUTS[name] ?? "";
  const servers: Partial<Servers> = {
    sqs: sqsClient(process, world.queues),
    laws: lawBook(process, world, lawTimingOf({ pool, output })),
    pool,
    keys: async () => world.keys,
    output,
    // As on AWS: emptiness is read several times.
    distributed: true,
  };
  return {
    // No act of the simulation needs another one.
    servers: servers as Servers,
    twoPeople: false,
    proposalHours: 72,
    release: "simulated",
    onWithoutJournal: () => undefined,
    archive: simArchive(process, world.archive),
    outcomeKeys: { holding: async () => world.keys },
    setAsideKeys: async () => {
      throw new Error("nothing is set aside in a simulation");
    },
    simulated: {
      clock: {
        now: () => scheduler.now,
        pause: (milliseconds) => process.sleep(milliseconds),
        turn: async () => undefined,
      },
      rolls: () => rollsOf(world, process),
      votes: () => recordedVotes(process, postgres, () => ledgerRows(world)),
    },
  };
}

function rollsOf(world: World, process: Process): StepPorts {
  const { postgres, redis } = world;
  const call = <T>(label: string, effect: () => T) => process.step(label, effect, { faults: CALL_FAULTS });
  return {
    database: rollDatabase(process, postgres, world.wallClock),
    drafts: rollDrafts(process, postgres),
    marks: rollMarks(process, postgres),
    cache: rollCache(process, redis),
    work: stepWork(process, postgres),
    consumer: {
      state: () => call("is validate fed", () => (world.isPaused ? "Disabled" : "Enabled")),
      lastChange: () => call("when did the mapping change", () => String(world.mappingChanges)),
      ask: (enabled) =>
        call(enabled ? "resume validate" : "pause validate", () => {
          if (enabled && world.isDisabledByHand) {
            world.findings.push("validate is fed again although the operator had disabled it");
          }
          world.isPaused = !enabled;
        }),
    },
  };
}
