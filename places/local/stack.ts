import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { redisUrlParameters } from "../../infra/parameters.ts";
import { AwsEndpoint } from "./aws-endpoint.ts";
import { type DataDir, dataDirOf, readJson, writePrivate } from "./data-dir.ts";
import type { FrontConfig, ServicePids } from "./front-protocol.ts";
import { HttpFront } from "./gateway/http-front.ts";
import { functionEnvironment } from "./lambda/context.ts";
import { InProcessPool } from "./lambda/in-process-pool.ts";
import type { FunctionPool, FunctionResult, Invoker } from "./lambda/invoker.ts";
import { ProcessPool } from "./lambda/process-pool.ts";
import { Schedule } from "./lambda/schedule.ts";
import { installSdkDefaults } from "./lambda/sdk-defaults.ts";
import { ObjectFiles } from "./objects/object-files.ts";
import { S3Endpoint } from "./objects/s3-endpoint.ts";
import { Mapping } from "./queue/mapping.ts";
import { IN_MEMORY, QueueFile, type QueueStorage } from "./queue/queue-file.ts";
import { QueueStore } from "./queue/queue-store.ts";
import { SqsEndpoint } from "./queue/sqs-endpoint.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import { createTables } from "./services/tables.ts";
import { type FunctionModel, readTemplate, type StackModel } from "./template/model.ts";

/** The function that runs in the front's process, so that votes are not copied between processes (see README.md). */
const IN_PROCESS = "ingest";
/**
 * How many further votes may wait: as many events as an account runs at the same time by default (Lambda quotas: 1,000
 * executions).
 */
const IN_PROCESS_WAITING = 1_000;
/** The number of processes of a function that answers requests. */
const API_PROCESSES = 2;
/**
 * The number of requests that each has at the same time; most of them wait for a store. Further requests wait; Lambda
 * would start more environments.
 */
const API_EVENTS_AT_ONCE = 16;
/**
 * Functions whose processes have one event at a time, as on AWS, and how many processes. `roll` hashes voters: a second
 * chunk of a roll file takes a second core. Nobody who only votes starts one. `log` holds a lock, and its connection.
 */
const ONE_AT_A_TIME: Readonly<Record<string, number>> = { roll: 4, log: 2 };
/** At a peak, the consumers yield to the front, and functions that answer requests yield a little. */
const CONSUMER_PRIORITY = 10;
const API_PRIORITY = 2;
/** The name of the operators' API in the template (infra/constructs/operators/operators-api.ts). */
const OPERATORS_API = /-operators$/;
const COMPACT_EVERY_MS = 1_000;
const REQUEST_DEADLINE_MS = 5_000;

const stateSchema = z.object({
  paused: z.array(z.string()).default([]),
  /** When each mapping was paused or resumed last; a release before did not write it. */
  changed_at: z.record(z.string(), z.iso.datetime()).default({}),
});

type OpenLog = (name: string) => { fd: number; close(): void };

/** A template, running. */
export class Stack implements Invoker {
  readonly outputs: Readonly<Record<string, string>>;
  readonly #model: StackModel;
  readonly #dir: DataDir;
  readonly #storage: QueueStorage;
  readonly #queues: QueueStore;
  readonly #sqs: SqsEndpoint;
  readonly #s3: S3Endpoint;
  readonly #pools = new Map<string, FunctionPool>();
  readonly #shortNames = new Map<string, FunctionPool>();
  readonly #mappings: Mapping[];
  readonly #schedules: readonly Schedule[];
  readonly #aws: AwsEndpoint;
  /** The voters' API and the operators', each on its own port. */
  readonly #fronts: readonly { readonly http: HttpFront; readonly port: number }[];
  readonly #compacting: NodeJS.Timeout;
  #kept: Promise<void> = Promise.resolve();

  private constructor(
    config: FrontConfig,
    model: StackModel,
    secrets: Secrets,
    state: z.output<typeof stateSchema>,
    openLog: OpenLog,
    services: () => ServicePids,
    objects: ObjectFiles,
  ) {
    this.#model = model;
    this.#dir = dataDirOf(config.dataDir);
    this.outputs = model.outputs;
    this.#storage = config.queueStorage === "memory" ? IN_MEMORY : new QueueFile(this.#dir.queue);
    this.#queues = new QueueStore(model.queues, this.#storage);
    this.#sqs = new SqsEndpoint(this.#queues, this.#storage);
    this.#s3 = new S3Endpoint(objects, model.objectBuckets);
    const endpoint = (port: number) => `http://127.0.0.1:${port}`;
    const endpoints = {
      AWS_ENDPOINT_URL_SQS: endpoint(config.ports.sqs),
      AWS_ENDPOINT_URL_DYNAMODB: endpoint(config.ports.dynamodb),
      AWS_ENDPOINT_URL_S3: endpoint(config.ports.s3),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint(config.ports.aws),
      AWS_ENDPOINT_URL_LAMBDA: endpoint(config.ports.aws),
    };
    const callSqs = this.#sqs.call.bind(this.#sqs);
    for (const fn of model.functions) {
      const pool = this.#poolOf(fn, functionEnvironment(fn, endpoints), openLog, callSqs);
      this.#pools.set(fn.name, pool);
      this.#pools.set(fn.arn, pool);
      this.#shortNames.set(fn.shortName, pool);
    }
    installSdkDefaults(callSqs);
    this.#mappings = model.mappings.map((mapping) => {
      const queue = this.#queues.getQueueByArn(mapping.queueArn);
      const pool = this.#pools.get(mapping.functionName);
      if (queue === undefined || pool === undefined)
        throw new Error(`mapping ${mapping.id}: no such queue or function`);
      const changedAt = new Date(state.changed_at[mapping.id] ?? Date.now());
      return new Mapping(mapping, queue, pool, mapping.enabled && !state.paused.includes(mapping.id), changedAt);
    });
    this.#schedules = model.schedules.map((schedule) => {
      const pool = this.#pools.get(schedule.functionName);
      if (pool === undefined) throw new Error(`there is no function ${schedule.functionName} to call`);
      return new Schedule(schedule, pool);
    });
    this.#aws = new AwsEndpoint({
      functions: model.functions,
      mappings: this.#mappings,
      invoker: this,
      secret: (id) => secrets.find((secret) => secret.arn === id || secret.name === id),
      onMappingChanged: () => this.#keepState(),
      status: () => this.#status(services()),
    });
    this.#fronts = model.apis.map((api) => ({
      http: new HttpFront(api, this),
      port: OPERATORS_API.test(api.name) ? config.ports.operators : config.ports.api,
    }));
    this.#compacting = setInterval(() => this.#compactWhenIdle(), COMPACT_EVERY_MS);
  }

  /**
   * Runs a template until `stop`. The services must already be running.
   *
   * @param config the addresses and folders
   * @param openLog opens a function's log
   * @param services the processes beside this one, for `status`
   */
  static async start(config: FrontConfig, openLog: OpenLog, services: () => ServicePids): Promise<Stack> {
    const dir = dataDirOf(config.dataDir);
    const template: unknown = JSON.parse(
      await readFile(join(config.assemblyDirectory, `${config.stackName}.template.json`), "utf8"),
    );
    const objects = new ObjectFiles(dir.objects);
    const model = readTemplate(template, {
      readObject: (bucket, key) => objects.get(bucket, key),
      stackName: config.stackName,
      assemblyDirectory: config.assemblyDirectory,
      parameters: {
        ...redisUrlParameters(config.functionsRedisUrls),
        DatabaseUrl: config.postgresUrl,
      },
      sqsEndpoint: `http://127.0.0.1:${config.ports.sqs}`,
      apiUrls: {
        ApiUrl: `http://127.0.0.1:${config.ports.api}`,
        OperatorsApiUrl: `http://127.0.0.1:${config.ports.operators}`,
      },
    });
    await createTables(model.tables, `http://127.0.0.1:${config.ports.dynamodb}`);
    const state = stateSchema.parse((await readJson(dir.stateFile)) ?? {});
    const secrets = await loadSecrets(model.secrets, dir.keysFile);
    const stack = new Stack(config, model, secrets, state, openLog, services, objects);
    await stack.#begin(config);
    return stack;
  }

  invoke(functionName: string, event: unknown, timeoutMs?: number): Promise<FunctionResult> {
    const pool = this.#pools.get(functionName);
    if (pool === undefined) {
      return Promise.resolve({
        kind: "failed",
        errorType: "NotFound",
        message: `there is no function ${functionName}`,
      });
    }
    return pool.invoke(event, timeoutMs);
  }

  /** Process ids by short name. */
  functionPids(): Record<string, number[]> {
    return Object.fromEntries([...this.#shortNames].map(([name, pool]) => [name, pool.pids()]));
  }

  /** Answers the open requests, lets batches finish, and closes the queues. */
  async stop(): Promise<void> {
    clearInterval(this.#compacting);
    await Promise.all(this.#fronts.map(({ http }) => http.close(REQUEST_DEADLINE_MS)));
    await Promise.all([...this.#mappings, ...this.#schedules].map((source) => source.stop()));
    await Promise.all([...this.#shortNames.values()].map((pool) => pool.stop()));
    this.#aws.close();
    await this.#sqs.close();
    await this.#s3.close();
    await this.#storage.flushed();
    this.#storage.close();
  }

  async #begin(config: FrontConfig): Promise<void> {
    await this.#aws.listen(config.ports.aws);
    await this.#sqs.listen(config.ports.sqs);
    await this.#s3.listen(config.ports.s3);
    const migrate = this.#shortNames.get("migrate");
    const [migrated] = await Promise.all([
      migrate?.invoke({}),
      this.#shortNames.get(IN_PROCESS)?.warm(1),
      ...this.#mappings.map((mapping) =>
        this.#pools.get(mapping.model.functionName)?.warm(mapping.model.maximumConcurrency),
      ),
    ]);
    if (migrated !== undefined && migrated.kind !== "returned") {
      const reason = migrated.kind === "failed" ? migrated.message : migrated.kind;
      throw new Error(`the database could not be migrated: ${reason}. See npm run logs -- migrate`);
    }
    await migrate?.stop();
    for (const source of [...this.#mappings, ...this.#schedules]) source.start();
    for (const { http, port } of this.#fronts) await http.listen(port);
  }

  #poolOf(
    model: FunctionModel,
    environment: Record<string, string>,
    openLog: OpenLog,
    callSqs: SqsEndpoint["call"],
  ): FunctionPool {
    if (model.shortName === IN_PROCESS) {
      Object.assign(process.env, environment);
      return new InProcessPool(model, API_EVENTS_AT_ONCE, IN_PROCESS_WAITING);
    }
    const mapping = this.#model.mappings.find((candidate) => candidate.functionName === model.name);
    const alone = ONE_AT_A_TIME[model.shortName];
    return new ProcessPool({
      model,
      environment,
      maximum: mapping?.maximumConcurrency ?? alone ?? API_PROCESSES,
      eventsAtOnce: mapping === undefined && alone === undefined ? API_EVENTS_AT_ONCE : 1,
      log: openLog(model.shortName).fd,
      priority: mapping === undefined && !this.#isOnlyScheduled(model) ? API_PRIORITY : CONSUMER_PRIORITY,
      callSqs,
    });
  }

  /** `operate` has a schedule, and people who wait for its answers. */
  #isOnlyScheduled({ name }: FunctionModel): boolean {
    const isAnswering = this.#model.apis.some(({ routes }) =>
      routes.some((route) => "functionName" in route && route.functionName === name),
    );
    return !isAnswering && this.#model.schedules.some(({ functionName }) => functionName === name);
  }

  /** Writes down which mappings are paused, one write after the other. */
  #keepState(): Promise<void> {
    this.#kept = this.#kept.then(async () => {
      const paused = this.#mappings.filter((mapping) => mapping.state !== "Enabled").map((mapping) => mapping.model.id);
      const changed_at = Object.fromEntries(this.#mappings.map(({ model, changedAt }) => [model.id, changedAt]));
      await writePrivate(this.#dir.stateFile, JSON.stringify({ paused, changed_at }));
    });
    return this.#kept;
  }

  /** While messages wait, the log may still contain consumed ones. It is emptied as soon as no message waits. */
  #compactWhenIdle(): void {
    for (const queue of this.#queues.allQueues()) if (queue.visible + queue.inFlight > 0) return;
    this.#storage.compact();
  }

  #status(services: ServicePids): object {
    return {
      pids: { ...services, front: process.pid, functions: this.functionPids() },
      queues: [...this.#queues.allQueues()].map((queue) => ({
        name: queue.name,
        visible: queue.visible,
        in_flight: queue.inFlight,
        oldest_ms: queue.oldestMs ?? null,
      })),
      mappings: this.#mappings.map(({ model, state }) => ({ id: model.id, function: model.functionName, state })),
      memory_bytes: process.memoryUsage.rss(),
    };
  }
}
