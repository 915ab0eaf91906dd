import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { z } from "zod";
import { settingsOf } from "../../../infra/stages.ts";
import { createDatabase } from "../../../places/local/services/postgres.ts";
import { clusterElsewhere } from "../../../places/local/services/postgres-home.ts";
import { apiUrlAt } from "../../../places/localstack/api-url.ts";
import { cdk, lastWords } from "../../../places/localstack/cdk.ts";
import { describeStack } from "../../../places/localstack/deploy.ts";
import { startPostgres, startRedis, stopPostgres, stopProcess, urlOf } from "../../../places/localstack/servers.ts";
import { ACCOUNT, clientOptions, HOME_DIRECTORY, toolEnvironment } from "../../../places/localstack/settings.ts";
import { runCommand } from "../processes.ts";
import { type CacheUser, cacheUsersOf, emptyCache, makeCacheUsers } from "./cache-users.ts";
import { IamDoor } from "./iam-door.ts";
import { makeLiteral, Template } from "./literal.ts";

/** The stage of an account that is put up. */
const STAGE = "dev";
const REGION = settingsOf(STAGE).aws?.region ?? "";

interface Servers {
  readonly postgres: Awaited<ReturnType<typeof startPostgres>>;
  readonly redis: Awaited<ReturnType<typeof startRedis>>;
}

/**
 * The stacks of stage dev on LocalStack but the voters' pages, beside the stage localstack and in another region. What
 * LocalStack lacks is made literal (literal.ts). PostgreSQL and Redis of this machine are in the places of RDS and
 * ElastiCache.
 */
export class AccountStage {
  /** How many resources each stack has, by its name. */
  readonly resources = new Map<string, number>();
  readonly #endpoint: string;
  readonly #directory: string;
  readonly #servers: Servers;
  readonly #rolePassword = randomBytes(24).toString("hex");
  readonly #cacheUsers: CacheUser[] = [];
  /** What the commands take for the operators' API. */
  readonly #door = new IamDoor(() => this.#operatorsApi());

  private constructor(endpoint: string, directory: string, servers: Servers) {
    this.#endpoint = endpoint;
    this.#directory = directory;
    this.#servers = servers;
  }

  /**
   * Starts the servers, synthesizes the stage and makes its templates literal.
   *
   * @param endpoint where LocalStack answers
   * @param directory for the servers' data, the assembly and the commands' files
   */
  static async prepare(endpoint: string, directory: string): Promise<AccountStage> {
    const redis = await startRedis(directory);
    const stage = new AccountStage(endpoint, directory, { redis, postgres: await startPostgres(directory) });
    // CloudFront is not in the open edition, and CDK's function that uploads pages is a Python one.
    const settings = JSON.stringify({ aws: { pages: { enabled: false } } });
    const context = ["-c", `stage=${STAGE}`, "-c", `settings=${settings}`];
    await stage.#cdk("synth", "--quiet", "--output", stage.#assembly, ...context);
    stage.#makeLiteral(await stage.#door.open());
    return stage;
  }

  get #assembly(): string {
    return join(this.#directory, "cdk.out");
  }

  #makeLiteral(doorUrl: string): void {
    const list = readFileSync(join(HOME_DIRECTORY, "resource-types.json"), "utf8");
    const created = new Set(z.array(z.string()).parse(JSON.parse(list)));
    const servers = {
      databaseUrl: (role: string | undefined) => this.#databaseUrl(role),
      redisUrl: `redis://127.0.0.1:${this.#servers.redis.port}`,
    };
    for (const name of readdirSync(this.#assembly).filter((one) => one.endsWith(".template.json"))) {
      const file = join(this.#assembly, name);
      const template = Template.parse(JSON.parse(readFileSync(file, "utf8")));
      this.#cacheUsers.push(...cacheUsersOf(template));
      const literal = withDoor(makeLiteral(template, created, servers), doorUrl);
      writeFileSync(file, JSON.stringify(literal));
      renameAsset(this.#assembly, name);
      this.resources.set(name.replace(".template.json", ""), Object.keys(literal.Resources).length);
    }
  }

  #databaseUrl(role?: string): string {
    const url = new URL(urlOf(this.#servers.postgres));
    // `migrate` is the owner of the database.
    if (role === undefined || role === url.username) return url.href;
    url.username = role;
    url.password = this.#rolePassword;
    return url.href;
  }

  /**
   * Creates the stacks, and does what is literal: the cache's users, the migration, passwords for roles of the
   * database.
   */
  async deploy(): Promise<void> {
    await this.#cdk("bootstrap", `aws://${ACCOUNT}/${REGION}`, "-c", `stage=${STAGE}`);
    await this.#cdk("deploy", "--all", "--app", this.#assembly, "--require-approval", "never", "--progress", "events");
    await makeCacheUsers(this.#servers.redis.port, this.#cacheUsers, (secret) => this.#secret(secret));
    await this.#migrate();
    const client = new pg.Client({ connectionString: this.#databaseUrl() });
    await client.connect();
    try {
      // Who logs in with a token of IAM in an account has a password here.
      const { rows } = await client.query<{ rolname: string }>(
        "SELECT rolname FROM pg_roles WHERE rolcanlogin AND starts_with(rolname, 'referendum_')",
      );
      for (const { rolname } of rows) await client.query(`ALTER ROLE ${rolname} PASSWORD '${this.#rolePassword}'`);
    } finally {
      await client.end();
    }
  }

  /** Deletes the stacks. */
  async destroy(): Promise<void> {
    await this.#cdk("destroy", "--all", "--force", "--app", this.#assembly);
  }

  /** The physical ids of a stack's resources, by logical id; none when there is no such stack. */
  async resourcesOf(stack: string): Promise<ReadonlyMap<string, string>> {
    return await this.#with(new CloudFormationClient(this.clientOptions), async (client) => {
      const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: stack }));
      return new Map(
        StackResources.filter(({ ResourceStatus }) => ResourceStatus === "CREATE_COMPLETE").map(
          ({ LogicalResourceId = "", PhysicalResourceId = "" }) => [LogicalResourceId, PhysicalResourceId],
        ),
      );
    });
  }

  /** The outputs of the stage's stack of functions and queues. */
  async outputs(): Promise<Readonly<Record<string, string>>> {
    const stack = await describeStack(this.#endpoint, `Referendum-${STAGE}-Pipeline`, REGION);
    if (stack === undefined) throw new Error("the stack of the functions is not there");
    return stack.outputs;
  }

  /** Where its API answers. */
  async apiUrl(): Promise<string> {
    return apiUrlAt((await this.outputs())["ApiUrl"] ?? "", this.#endpoint);
  }

  async #operatorsApi(): Promise<string> {
    for (const [id, physicalId] of await this.resourcesOf(`Referendum-${STAGE}-Pipeline`)) {
      if (/^PipelineOperatorsApi[0-9A-F]{8}$/.test(id)) {
        return new URL(`/_aws/execute-api/${physicalId}/live/`, this.#endpoint).href;
      }
    }
    throw new Error("the operators' API is not there");
  }

  get clientOptions() {
    return { ...clientOptions(this.#endpoint), region: REGION };
  }

  /**
   * Runs a command of the project on the stage, as an operator of the account would: what finds the stage is the code
   * for AWS, with LocalStack in the place of AWS. The command is told nothing of Redis and PostgreSQL.
   *
   * @param name the command
   * @param args its arguments; the stage is added
   * @returns what it printed
   * @throws Error with its last words when it fails
   */
  async command(name: string, ...args: string[]): Promise<string> {
    // The user's own profile and endpoints stay outside.
    const own = Object.entries(toolEnvironment(this.#endpoint, REGION)).filter(([key]) => key.startsWith("AWS_"));
    const env = {
      ...Object.fromEntries(own.map(([key, value]) => [key, value ?? ""])),
      REFERENDUM_DATA: this.#directory,
    };
    const { code, stdout, stderr } = await runCommand(name, [...args, "--stage", STAGE], "", env);
    if (code !== 0) throw new Error(`npm run ${name} -- ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Makes PostgreSQL and Redis as new as those of a stage that was put up again. */
  async emptyServers(): Promise<void> {
    const { postgres, redis } = this.#servers;
    const url = new URL(this.#databaseUrl());
    url.pathname = "/postgres";
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query("DROP DATABASE election_db WITH (FORCE)");
    } finally {
      await client.end();
    }
    await createDatabase(postgres.port, postgres.passwords);
    await emptyCache(redis.port);
  }

  /** Stops PostgreSQL and Redis, and removes their data. */
  async stopServers(): Promise<void> {
    this.#door.close();
    await stopPostgres(this.#servers.postgres);
    await stopProcess(this.#servers.redis.pid, /redis|valkey/);
    for (const data of [this.#directory, clusterElsewhere(this.#directory)])
      rmSync(data, { recursive: true, force: true });
  }

  async #cdk(...args: string[]): Promise<void> {
    const ended = await cdk(this.#endpoint, args, { region: REGION });
    if (ended.code !== 0) throw new Error(`cdk ${args[0]} failed: ${lastWords(ended)}`);
  }

  /** The value of a secret of the stack of data, by its logical id. */
  async #secret(logicalId: string): Promise<string> {
    const SecretId = (await this.resourcesOf(`Referendum-${STAGE}-Data`)).get(logicalId);
    return await this.#with(new SecretsManagerClient(this.clientOptions), async (client) => {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      if (SecretString === undefined) throw new Error(`the secret ${SecretId} has no text`);
      return SecretString;
    });
  }

  /** Does what the trigger of the deployment does in an account. */
  async #migrate(): Promise<void> {
    const FunctionName = (await this.outputs())["MigrateFunctionName"];
    await this.#with(new LambdaClient(this.clientOptions), async (client) => {
      const answer = await client.send(new InvokeCommand({ FunctionName, Payload: Buffer.from("{}") }));
      if (answer.FunctionError !== undefined) throw new Error(Buffer.from(answer.Payload ?? []).toString("utf8"));
    });
  }

  async #with<C extends { destroy(): void }, T>(client: C, work: (client: C) => Promise<T>): Promise<T> {
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }
}

const Outputs = z.record(z.string(), z.looseObject({ Value: z.unknown() }));

/** The same template, in which the operators' API is behind the door. */
function withDoor(template: Template, doorUrl: string): Template {
  const outputs = Outputs.optional().parse(template["Outputs"]);
  if (outputs?.["OperatorsApiUrl"] === undefined) return template;
  return { ...template, Outputs: { ...outputs, OperatorsApiUrl: { Value: doorUrl } } };
}

const Assets = z.object({
  files: z.record(z.string(), z.object({ source: z.object({ path: z.string().optional() }) })),
});

/**
 * Gives a template that was changed another name in the bucket of CDK's bootstrap, which uploads nothing twice:
 * LocalStack may hold the one of a run before, with the ports of that run.
 *
 * @param assembly CDK's output
 * @param template the template's file in it
 */
function renameAsset(assembly: string, template: string): void {
  const manifest = join(assembly, template.replace(".template.json", ".assets.json"));
  const { files } = Assets.parse(JSON.parse(readFileSync(manifest, "utf8")));
  const [id] = Object.entries(files).find(([, { source }]) => source.path === template) ?? [];
  if (id === undefined) throw new Error(`${manifest} does not name ${template}`);
  const changed = createHash("sha256")
    .update(readFileSync(join(assembly, template)))
    .digest("hex");
  for (const file of [manifest, join(assembly, "manifest.json")]) {
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(id, changed));
  }
}
