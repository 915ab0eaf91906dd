import type { Law, PromiseKey } from "../../shared/domain/law.ts";
import type { Outcome } from "../../shared/domain/outcome.ts";
import { promiseKeyPair } from "../../shared/domain/promise.ts";
import { personHash, voterHash } from "../../shared/domain/voter-hash.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import { Environments } from "./environments.ts";
import { fieldsOfForm } from "./forms.ts";
import { Genuine } from "./genuine.ts";
import type { History, OperatorCommand, SimVoter } from "./history.ts";
import { LogWatch } from "./log-checks.ts";
import { SimDynamoDb } from "./models/dynamodb.ts";
import { LOG_KEY, type LogServers } from "./models/log-ports.ts";
import { SimObjects } from "./models/objects.ts";
import { type Ballot, SimPostgres } from "./models/postgres.ts";
import { SimRedis } from "./models/redis.ts";
import { SimQueue } from "./models/sqs.ts";
import { Restored } from "./restored.ts";
import { Scheduler } from "./scheduler.ts";

const SECRET = JSON.stringify({ version: 1, seed: "the seed of simulated referendums" });
const KEYS = Keys.fromSecrets({
  requestIdMac: SECRET,
  idempotency: SECRET,
  person: SECRET,
  pepper: SECRET,
  codeCheck: SECRET,
  macValidate: SECRET,
  macRecord: SECRET,
  macOutcome: SECRET,
  seal: SECRET,
  promise: SECRET,
});
const PROMISE_KEY: PromiseKey = {
  version: 1,
  publicKey: promiseKeyPair(KEYS.ofVersion(1).promise).publicKey.toString("base64url"),
  from: "2026-01-01T00:00:00.000Z",
};
/** Commands after which it matters what `ingest` remembers. */
const KNOWN_BY_INGEST: readonly OperatorCommand["command"][] = ["open", "close", "freeze", "restore"];
/** When a law opened that is open already, in simulated milliseconds. */
const LONG_AGO_MS = -3_600_000 * 24;
const BEGINNING = Date.parse("2026-06-07T08:00:00.000Z");

/** The answer to a voter, and facts about a submission that only its voter can know. */
export interface Acceptance {
  readonly requestId: string;
  readonly lawId: string;
  readonly voterHash: string;
  /** Of a law with a form: what was promised, and for which envelope. */
  readonly promise?: string | undefined;
  readonly envelopeSha256?: string | undefined;
}

/** A voter on the roll of a law. */
export interface HashedVoter {
  readonly voter: SimVoter;
  readonly lawId: string;
  readonly voterHash: Buffer;
  readonly personHash: Buffer;
}

/** The servers, the clock and what the checks have to know. */
export class World {
  readonly history: History;
  readonly scheduler: Scheduler;
  readonly keys = KEYS;
  readonly laws: readonly Law[];
  readonly hashed: readonly HashedVoter[];
  readonly queues: ReadonlyMap<string, SimQueue>;
  readonly redis = new SimRedis();
  readonly postgres = new SimPostgres();
  readonly dynamoDb = new SimDynamoDb();
  /** What is published of the logs. */
  readonly objects = new SimObjects();
  /** The process that runs `ingest`. */
  readonly environments: Environments;
  /** How often the mapping that feeds `validate` was turned off and on. */
  mappingChanges = 0;
  #isPaused = false;
  /** Whether the operator turned it off by hand. */
  isDisabledByHand = false;
  /** Whether the mapping that feeds `aggregate` is off. */
  isAggregatePaused = false;
  /** Batches of both consumers that are being worked on. */
  invocations = 0;
  /** Runs of logs whose process has not ended. */
  readonly logRuns = new Set<object>();
  /** Laws whose freeze has been confirmed to the operator, by id: since when, in milliseconds of the wall clock. */
  readonly frozenSince = new Map<string, number>();
  /** Loads, rebuilds and their steps whose process has not ended. */
  readonly rollWork = new Set<object>();
  /** Whether the roll file was ever loaded, or begun to be. */
  hasLoaded = false;
  /** How often a law was unfrozen. */
  thaws = 0;
  /** Ballots that somebody has added to PostgreSQL behind the functions, and not taken away again. */
  readonly tampered: Ballot[] = [];
  /** The archive: what operators have done, by name. */
  readonly archive = new Map<string, string>();
  /** What restores of PostgreSQL have left. */
  readonly restored = new Restored();
  /** The submissions that were answered 202. */
  readonly accepted: Acceptance[] = [];
  /** What `ingest` has sent. */
  readonly genuine: Genuine;
  /** What `validate` decided about each submission, by request id. */
  readonly decisions = new Map<string, Set<Outcome>>();
  /** Acts of operators whose end was answered, by run: their names. */
  readonly acts = new Map<string, string>();
  #runs = 0;
  /** Findings during the run. */
  readonly findings: string[] = [];
  readonly logWatch: LogWatch;
  #clockOffsetMs = 0;

  constructor(history: History, keepSteps: boolean) {
    this.history = history;
    this.logWatch = new LogWatch(this);
    this.genuine = new Genuine(history.forms !== undefined);
    this.scheduler = new Scheduler(history.seed, history.faults, keepSteps);
    this.laws = Array.from({ length: history.laws }, (_, index) => this.#law(index));
    for (const law of this.laws) if (!this.isDraft(law)) this.dynamoDb.laws.set(law.lawId, law);
    this.hashed = this.laws.flatMap((law) => history.voters.map((voter) => hashVoter(voter, law)));
    this.queues = this.#buildQueues();
    this.postgres.clock = () => this.scheduler.now;
    this.postgres.wallClock = this.wallClock;
    this.environments = new Environments(
      this.dynamoDb,
      { now: this.wallClock, elapsed: () => this.scheduler.now },
      history.commands.some(({ command }) => KNOWN_BY_INGEST.includes(command)),
    );
  }

  /** Whether the mapping that feeds `validate` is off. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  set isPaused(isPaused: boolean) {
    if (isPaused !== this.#isPaused) this.mappingChanges += 1;
    this.#isPaused = isPaused;
  }

  /** What logs are kept with. */
  get logServers(): LogServers {
    const { postgres, objects, laws, scheduler } = this;
    const isHealed = () => scheduler.isHealed;
    return { postgres, objects, laws, isHealed, onSigned: ({ lawId }, text) => this.logWatch.onSigned(lawId, text) };
  }

  /** The name of a new act of an operator. */
  newRun(): string {
    this.#runs += 1;
    return `00000000-0000-4000-8000-${String(this.#runs).padStart(12, "0")}`;
  }

  /** Wall-clock milliseconds, as a function's clock shows them. */
  wallClock = (): number => BEGINNING + this.scheduler.now + this.#clockOffsetMs;

  time = (): string => new Date(this.wallClock()).toISOString();

  /**
   * A moment as operators name it.
   *
   * @param atMs simulated milliseconds since the beginning
   */
  instant(atMs: number): string {
    return instant(Math.ceil(atMs / 1_000) * 1_000);
  }

  /** Whether a law begins as a draft. */
  isDraft({ lawId }: Law): boolean {
    return this.history.draftOpensAtMs !== undefined && lawId === this.laws[0]?.lawId;
  }

  moveClock(milliseconds: number): void {
    this.#clockOffsetMs += milliseconds;
  }

  queue(name: QueueName): SimQueue {
    const queue = this.queues.get(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}`);
    return queue;
  }

  #law(index: number): Law {
    const { closesAtMs, draftOpensAtMs, forms = [] } = this.history;
    const lawId = `L${index}`;
    const opensAtMs = index === 0 ? (draftOpensAtMs ?? LONG_AGO_MS) : LONG_AGO_MS;
    const closes = index === 0 && closesAtMs !== undefined ? { closesAt: instant(closesAtMs) } : {};
    const law = { lawId, title: `Law ${index}`, opensAt: instant(opensAtMs), keyVersion: 1, ...closes };
    const form = forms[index];
    const logged = this.history.log !== undefined && form !== undefined ? { logKey: LOG_KEY } : {};
    return { ...law, ...fieldsOfForm(lawId, form, PROMISE_KEY), ...logged };
  }

  #buildQueues(): ReadonlyMap<string, SimQueue> {
    const { random } = this.scheduler;
    const now = () => this.scheduler.now;
    const { mostReceives } = this.history.sizes;
    const pair = (name: QueueName, dead: QueueName): SimQueue[] => {
      const queue = new SimQueue({ name: dead, random, now });
      return [queue, new SimQueue({ name, random, now, deadLetters: { queue, mostReceives } })];
    };
    const queues = [...pair("votes", "votes-dlq"), ...pair("outcomes", "outcomes-dlq")];
    for (const queue of queues) this.scheduler.alarms.push(() => queue.nextVisibleAt());
    return new Map(queues.map((queue) => [queue.name, queue]));
  }
}

export type QueueName = "votes" | "votes-dlq" | "outcomes" | "outcomes-dlq";

function instant(atMs: number): string {
  return new Date(BEGINNING + atMs).toISOString();
}

function hashVoter(voter: SimVoter, { lawId, keyVersion }: Law): HashedVoter {
  return {
    voter,
    lawId,
    voterHash: voterHash(voter.nas, voter.code, lawId),
    personHash: personHash(voter.nas, lawId, KEYS.ofVersion(keyVersion).person),
  };
}
