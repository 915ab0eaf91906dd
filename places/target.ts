import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { Redis } from "ioredis";
import pg from "pg";
import type { StageName } from "../infra/stages.ts";
import { lawBookOf } from "../operations/law-book/book-of.ts";
import type { LawBook } from "../operations/law-book/law-book.ts";
import type { Servers } from "../operations/servers.ts";
import type { CodeKind } from "../shared/domain/voter-code.ts";
import { Keys } from "../shared/runtime/keys.ts";
import { once } from "../shared/runtime/once.ts";
import { DynamoLawStore } from "../shared/stores/laws.ts";
import { UserError } from "../terminal/errors.ts";

/** The addresses of a running stack. */
export interface TargetAddress {
  readonly stage: StageName;
  readonly apiUrl: string;
  /** The outputs of its CloudFormation stack (infra/constructs/pipeline/pipeline.ts). */
  readonly outputs: Readonly<Record<string, string>>;
  /** The folder for local files of this stage, such as sample credentials. */
  readonly dataDir: string;
  readonly credentialsFile: string;
  readonly region: string;
  /** Emulators; absent on AWS. */
  readonly endpoints?: Endpoints | undefined;
  /** With user and password; undefined: it is in the network of an account, where no command reaches it. */
  readonly postgres: { readonly connectionString: string | undefined };
  /** The same of Redis. */
  readonly redis: { readonly url: string | undefined };
}

export interface Endpoints {
  readonly sqs: string;
  readonly dynamoDb: string;
  readonly lambda: string;
  readonly secretsManager: string;
}

/** Credentials for emulators, which do not check them. */
const EMULATOR_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/** Commands run for minutes and one at a time, so they wait longer than functions, which must fail quickly. */
const CONNECT_TIMEOUT_MS = 5_000;
const REDIS_TRIES = 5;

/** A running stack and the clients of its services, each made on first use. */
export class Target implements Servers {
  readonly address: TargetAddress;
  readonly #closers: (() => Promise<unknown>)[] = [];
  #pool: pg.Pool | undefined;
  #redis: Redis | undefined;
  #laws: LawBook | undefined;

  constructor(address: TargetAddress) {
    this.address = address;
  }

  get stage(): StageName {
    return this.address.stage;
  }

  get distributed(): boolean {
    return this.address.endpoints === undefined;
  }

  /** On in an AWS account; off elsewhere, so that developers see the same hash again. */
  get pepperByDefault(): boolean {
    return this.distributed;
  }

  /** On AWS, only codes of this stage; elsewhere, also those of published test rolls. */
  get codesByDefault(): CodeKind {
    return this.distributed ? "checked" : "any";
  }

  /**
   * An output of its CloudFormation stack.
   *
   * @param name the output
   * @throws UserError when the stack has no output of that name
   */
  output(name: string): string {
    const value = this.address.outputs[name];
    if (value === undefined)
      throw new UserError(`The stack of stage ${this.stage} has no output ${name}; deploy it again.`);
    return value;
  }

  #clientOptions(service: keyof Endpoints) {
    const { endpoints, region } = this.address;
    if (endpoints === undefined) return { region };
    return { region, endpoint: endpoints[service], credentials: EMULATOR_CREDENTIALS };
  }

  readonly #clients = {
    sqs: lazy(() => new SQSClient({ ...this.#clientOptions("sqs"), useQueueUrlAsEndpoint: false, md5: false })),
    dynamoDb: lazy(() => new DynamoDBClient(this.#clientOptions("dynamoDb"))),
    lambda: lazy(() => new LambdaClient(this.#clientOptions("lambda"))),
    secrets: lazy(() => new SecretsManagerClient(this.#clientOptions("secretsManager"))),
  };

  get sqs(): SQSClient {
    return this.#clients.sqs();
  }

  get dynamoDb(): DynamoDBClient {
    return this.#clients.dynamoDb();
  }

  get lambda(): LambdaClient {
    return this.#clients.lambda();
  }

  get laws(): LawBook {
    this.#laws ??= lawBookOf(this, new DynamoLawStore(this.dynamoDb, this.output("LawsTableName")));
    return this.#laws;
  }

  /** The keys of voter hashes and persons; they stay in memory. */
  readonly keys: () => Promise<Keys<"person" | "pepper" | "codeCheck">> = once(() =>
    Keys.load(this.#clients.secrets(), {
      person: this.output("PersonKeySecretArn"),
      pepper: this.output("PepperSecretArn"),
      codeCheck: this.output("CodeCheckKeySecretArn"),
    }),
  );

  /** The keys of request ids, for measurements and tests that put votes into the queue themselves. */
  readonly requestIdKeys: () => Promise<Keys<"requestIdMac">> = once(() =>
    Keys.load(this.#clients.secrets(), { requestIdMac: this.output("RequestIdKeySecretArn") }),
  );

  /**
   * PostgreSQL, as a role that may write the roll. Statements have no time limit: a roll of 8 million takes minutes.
   */
  get pool(): pg.Pool {
    if (this.#pool === undefined) {
      const pool = new pg.Pool({
        connectionString: this.#reachable("PostgreSQL", "DATABASE_URL", this.address.postgres.connectionString),
        max: 4,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        application_name: "referendum-command",
      });
      // The next statement on a broken connection notices it, so this event needs no handling.
      pool.on("error", () => undefined);
      pool.on("connect", (client) => client.on("error", () => undefined));
      this.#pool = pool;
      this.#closers.push(() => pool.end());
    }
    return this.#pool;
  }

  get redis(): Redis {
    if (this.#redis === undefined) {
      const url = this.#reachable("Redis", "REDIS_URL", this.address.redis.url);
      const options = {
        lazyConnect: true,
        connectTimeout: CONNECT_TIMEOUT_MS,
        maxRetriesPerRequest: REDIS_TRIES,
        retryStrategy: (attempt: number) => (attempt > REDIS_TRIES ? null : 100 * attempt),
      };
      const redis = new Redis(url, options);
      // A command that could not be sent reports that itself.
      redis.on("error", () => undefined);
      this.#redis = redis;
      this.#closers.push(async () => redis.disconnect());
    }
    return this.#redis;
  }

  #reachable(server: string, variable: string, url: string | undefined): string {
    if (url !== undefined) return url;
    throw new UserError(
      `${server} of stage ${this.stage} is in a network that no command reaches; what operators do goes through the ` +
        `operators' API. Tests and loads look into ${server} themselves: name a forwarded port in ${variable}.`,
    );
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#closers.map((close) => close()));
    for (const client of [this.#clients.sqs, this.#clients.dynamoDb, this.#clients.lambda, this.#clients.secrets]) {
      client.made()?.destroy();
    }
  }
}

function lazy<T>(make: () => T): (() => T) & { made: () => T | undefined } {
  let value: T | undefined;
  return Object.assign(
    () => {
      value ??= make();
      return value;
    },
    { made: () => value },
  );
}
