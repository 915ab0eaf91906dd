import { fork } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { forEachRedisUser } from "../../shared/domain/redis-users.ts";
import type { StepLog } from "../../terminal/steps.ts";
import { OperatorsApi } from "../operators/client.ts";
import { claimedName, claiming } from "../operators/signing.ts";
import { type LocalDescription, readLocalDescription } from "../stack-description.ts";
import { type DataDir, dataDirOf, makeDataDir, makeRoot, readJson, writePrivate } from "./data-dir.ts";
import { endpointsOf } from "./endpoints.ts";
import type { FromFront, FrontConfig, Ports, ToFront } from "./front-protocol.ts";
import { lockDataDir, recordProcesses, stopLeftovers, unlockDataDir } from "./lock.ts";
import { type LogFile, LogFiles } from "./log-files.ts";
import { choosePorts } from "./ports.ts";
import { announceStack, withdrawStack } from "./running-stacks.ts";
import { addSample, SAMPLE_LAW } from "./sample.ts";
import { randomPassword } from "./secrets.ts";
import { createDatabase, initialiseCluster, postgresService, postgresUrl } from "./services/postgres.ts";
import { type PostgresHome, postgresHome } from "./services/postgres-home.ts";
import { findRedis, redisService, redisUrlsOf } from "./services/redis.ts";
import { Service, type ServiceDefinition, untilItAnswers } from "./services/service.ts";
import { synthesize } from "./synth.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Batches may take as long as their functions' time limits, and requests five seconds. */
const FRONT_STOP_MS = 25_000;
const STACK_NAME = "Referendum-local";

/** The options of a local stack's start. */
export const startOptions = z.strictObject({
  dataDir: z.string(),
  /** The API's port; 0 takes any that is free. */
  port: z.int().min(0).max(65_535).default(0),
  /** Deletes the data of earlier starts first. */
  fresh: z.boolean().default(false),
  /** Whether queued messages are kept on disk or in memory. */
  queue: z.enum(["disk", "memory"]).default("disk"),
  /** JSON that overrides the stage's settings. */
  settings: z.string().default("{}"),
  /** Whether to add a sample law with a sample roll. */
  sample: z.boolean().default(false),
});
export type StartOptions = Readonly<z.output<typeof startOptions>>;

const postgresPasswordsSchema = z.object({ admin: z.string(), owner: z.string() });
const passwordsSchema = postgresPasswordsSchema.extend({
  redis: z.object(forEachRedisUser(() => z.string())),
});

/** A local stack: its processes, started in order, kept running, stopped without loss. */
export class Supervisor {
  readonly #dir: DataDir;
  readonly #options: StartOptions;
  readonly #progress: StepLog;
  readonly #services: Service[] = [];
  readonly #startedAt = new Date();
  readonly #onGone: (why: string) => void;
  readonly #usersEnvironment: NodeJS.ProcessEnv;
  #logs: LogFiles | undefined;
  #started: Extract<FromFront, { type: "started" }> | undefined;
  #stopping: Promise<void> | undefined;
  #locked = false;

  /**
   * @param options the options of `npm start`
   * @param progress reports each step
   * @param onGone called when a process ends again and again
   * @param usersEnvironment for installing; the stack's processes inherit this process's environment
   */
  constructor(
    options: StartOptions,
    progress: StepLog,
    onGone: (why: string) => void,
    usersEnvironment: NodeJS.ProcessEnv,
  ) {
    this.#usersEnvironment = usersEnvironment;
    this.#dir = dataDirOf(options.dataDir);
    this.#options = options;
    this.#progress = progress;
    this.#onGone = onGone;
  }

  /** Starts everything; resolves when votes can be cast. */
  async start(): Promise<LocalDescription> {
    const { fresh, port, queue, sample, settings } = this.#options;
    await makeRoot(this.#dir);
    lockDataDir(this.#dir);
    this.#locked = true;
    announceStack(this.#dir.root);
    const ports = await choosePorts(port);
    const home = await this.#clear(fresh);
    await makeDataDir(this.#dir);
    const logs = new LogFiles(this.#dir.logs);
    this.#logs = logs;
    const passwords = await this.#passwords();
    const redis = await findRedis(this.#progress, this.#usersEnvironment);
    const [assemblyDirectory] = await Promise.all([
      synthesize(settings, this.#progress),
      this.#startService(redisService(redis, this.#dir.redis, ports.redis, logs.open("redis"), passwords.redis)),
      this.#startService(this.#dynamodb(ports, logs.open("dynamodb"))),
      initialiseCluster(home, passwords, this.#progress)
        .then(() => this.#startService(postgresService(home, ports.postgres, passwords, logs.open("postgres"))))
        .then(() => createDatabase(ports.postgres, passwords)),
    ]);
    const config: FrontConfig = {
      dataDir: this.#dir.root,
      assemblyDirectory,
      stackName: STACK_NAME,
      ports,
      redisUrl: `redis://127.0.0.1:${ports.redis}`,
      functionsRedisUrls: redisUrlsOf(ports.redis, passwords.redis),
      postgresUrl: postgresUrl(ports.postgres, passwords),
      queueStorage: queue,
    };
    await this.#progress.step("starting the functions", () =>
      this.#startService(this.#front(config, logs.open("front"), logs.open("ingest"))),
    );
    const description = this.#describe(config, home);
    if (sample) {
      const api = new OperatorsApi(endpointsOf(ports).operators_url, claiming(claimedName()));
      await addSample(description, api, this.#progress);
    }
    await writePrivate(this.#dir.stackFile, `${JSON.stringify(description)}\n`);
    return description;
  }

  /** Stops everything in an order that loses nothing: first the front, then its servers. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Kills everything at once. Accepted votes are on disk, and the next start continues with them. */
  kill(): void {
    for (const service of this.#services) service.kill();
    this.#release();
  }

  async #stop(): Promise<void> {
    const front = this.#services.find((service) => service.definition.name === "front");
    await front?.stop();
    await Promise.all(this.#services.map((service) => service.stop()));
    this.#logs?.close();
    this.#release();
  }

  #release(): void {
    if (!this.#locked) return;
    rmSync(this.#dir.stackFile, { force: true });
    rmSync(this.#dir.processesFile, { force: true });
    withdrawStack();
    unlockDataDir(this.#dir);
    this.#locked = false;
  }

  /** Stops the processes that an earlier stack left. With `fresh`, also removes its data. */
  async #clear(fresh: boolean): Promise<PostgresHome> {
    const old = readLocalDescription(this.#dir.root);
    await makeDataDir(this.#dir);
    const home = await postgresHome(this.#dir.root, this.#progress);
    const { supervisor: _, functions = {}, ...services } = old?.pids ?? {};
    const pids = [...Object.values(services), ...Object.values(functions).flat()].filter((pid) => pid !== undefined);
    const stopped = await stopLeftovers(this.#dir, home.directory, pids);
    if (stopped > 0)
      this.#progress.say(`stopped ${stopped} processes that an earlier stack had left on ${this.#dir.root}`);
    await rm(this.#dir.stackFile, { force: true });
    // A cluster outside of the data directory remains when that directory is deleted by hand, and nobody knows its
    // password.
    const { root, keysFile: keys, passwordsFile: passwords } = this.#dir;
    const isOrphan = !home.directory.startsWith(root) && !existsSync(keys) && !existsSync(passwords);
    if (isOrphan) await rm(home.directory, { recursive: true, force: true });
    if (!fresh) return home;
    const { redis, queue, dynamodb, objects, logs, keysFile, passwordsFile, credentialsFile, stateFile } = this.#dir;
    for (const path of [
      redis,
      queue,
      dynamodb,
      objects,
      logs,
      keysFile,
      passwordsFile,
      credentialsFile,
      stateFile,
      home.directory,
    ]) {
      await rm(path, { recursive: true, force: true });
    }
    return home;
  }

  async #passwords(): Promise<z.output<typeof passwordsSchema>> {
    const kept = await readJson(this.#dir.passwordsFile);
    const known = passwordsSchema.safeParse(kept);
    if (known.success) return known.data;
    const postgres =
      kept === undefined ? { admin: randomPassword(), owner: randomPassword() } : postgresPasswordsSchema.parse(kept);
    // An earlier release had fewer users. Redis gets its users anew at each start.
    const made = { ...postgres, redis: forEachRedisUser(randomPassword) };
    await writePrivate(this.#dir.passwordsFile, JSON.stringify(made));
    return made;
  }

  async #startService(definition: ServiceDefinition): Promise<void> {
    if (this.#stopping !== undefined) throw new Error("stopped while starting");
    const service = new Service(definition, (event, detail) => {
      if (event === "gone") this.#onGone(detail);
      else {
        this.#progress.say(detail);
        this.#recordProcesses();
        this.#tellPids();
      }
    });
    this.#services.push(service);
    const ready = service.start();
    this.#recordProcesses();
    await ready;
    this.#tellPids();
  }

  /** Writes down the processes that this one would leave if it were killed now. */
  #recordProcesses(): void {
    const known = this.#services.flatMap(({ definition, pid }) => (pid === undefined ? [] : [[definition.name, pid]]));
    recordProcesses(this.#dir, Object.fromEntries(known));
  }

  #dynamodb(ports: Ports, log: LogFile): ServiceDefinition {
    return {
      name: "dynamodb",
      logFile: log.path,
      stopDeadlineMs: 10_000,
      spawn: () =>
        fork(here("services/dynamodb-host.ts"), [this.#dir.dynamodb, String(ports.dynamodb)], {
          execArgv: [],
          stdio: ["ignore", log.fd, log.fd, "ipc"],
          detached: true,
        }),
      ready: (child) => untilItAnswers(() => fetch(`http://127.0.0.1:${ports.dynamodb}/`), child),
      stop: (child) => void child.kill("SIGTERM"),
    };
  }

  #front(config: FrontConfig, log: LogFile, ingestLog: LogFile): ServiceDefinition {
    return {
      name: "front",
      logFile: log.path,
      stopDeadlineMs: FRONT_STOP_MS,
      spawn: () =>
        fork(here("front.ts"), [this.#dir.root], {
          // Most objects of a request are garbage after its answer. A larger young generation means fewer and shorter
          // pauses.
          execArgv: ["--max-semi-space-size=64"],
          cwd: dirname(here("front.ts")),
          // Its standard output is the log of the ingest function, which runs in it.
          stdio: ["ignore", ingestLog.fd, log.fd, "ipc"],
          detached: true,
        }),
      ready: (child) =>
        new Promise((resolve, reject) => {
          child.on("message", (message: FromFront) => {
            if (message.type === "failed") reject(new Error(message.message));
            else {
              this.#started = message;
              resolve();
            }
          });
          child.send({ type: "config", config } satisfies ToFront);
        }),
      stop: (child) => void (child.connected && child.send({ type: "stop" } satisfies ToFront)),
    };
  }

  #pidOf(name: string): number {
    return this.#services.find((service) => service.definition.name === name)?.pid ?? 0;
  }

  /** The front needs the ids to answer `status`, and to end the services when this process is killed. */
  #tellPids(): void {
    const front = this.#services.find((service) => service.definition.name === "front")?.child;
    if (front?.connected !== true) return;
    const pids = {
      supervisor: process.pid,
      redis: this.#pidOf("redis"),
      postgres: this.#pidOf("postgres"),
      dynamodb: this.#pidOf("dynamodb"),
    };
    front.send({ type: "pids", pids } satisfies ToFront, () => undefined);
  }

  #describe(config: FrontConfig, home: PostgresHome): LocalDescription {
    return {
      stage: "local",
      ...endpointsOf(config.ports),
      credentials_file: this.#dir.credentialsFile,
      law_id: SAMPLE_LAW,
      postgres_url: config.postgresUrl,
      redis_url: config.redisUrl,
      outputs: this.#started?.outputs ?? {},
      pids: {
        supervisor: process.pid,
        front: this.#pidOf("front"),
        redis: this.#pidOf("redis"),
        postgres: this.#pidOf("postgres"),
        dynamodb: this.#pidOf("dynamodb"),
        functions: this.#started?.functions ?? {},
      },
      data_dir: this.#dir.root,
      postgres_dir: home.directory,
      queue_storage: config.queueStorage,
      started_at: this.#startedAt.toISOString(),
    };
  }
}
