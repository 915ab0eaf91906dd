import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { IN_MEMORY } from "../../../places/local/queue/queue-file.ts";
import { QueueStore } from "../../../places/local/queue/queue-store.ts";
import { SqsEndpoint } from "../../../places/local/queue/sqs-endpoint.ts";
import { Target } from "../../../places/target.ts";
import { promiseKeyPair } from "../../../shared/domain/promise.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import { logKeyPair } from "../../../shared/runtime/log-keys.ts";
import { startServers } from "./servers.ts";

const dynalite: (options: { createTableMs: number }) => Server = createRequire(import.meta.url)("dynalite");
const ROOT = resolve(import.meta.dirname, "../../..");
const SEED = "a seed of the tests, at least thirty-two characters long";

/**
 * A stack without functions: real stores, emulated queues and tables, and a control plane that remembers the mapping of
 * `validate`.
 */
export interface TestTarget {
  readonly target: Target;
  readonly directory: string;
  /** The changes of the mapping, in order: `paused` and `resumed`. */
  readonly mappingHistory: string[];
  /** Gives every secret a new seed under the next version; the old ones stay under `previous`. */
  rotateKeys(): void;
  stop(): Promise<void>;
}

/** Starts it for one test file. */
export async function startTestTarget(): Promise<TestTarget> {
  const servers = await startServers();
  const tables = dynalite({ createTableMs: 0 });
  const mappingHistory: string[] = [];
  const secret: { version: number; seed: string; previous: Record<string, string> } = {
    version: 1,
    seed: SEED,
    previous: {},
  };
  const rotateKeys = () => {
    secret.previous[secret.version] = secret.seed;
    secret.version += 1;
    secret.seed = `${SEED}, version ${secret.version}`;
  };
  const control = controlPlane(mappingHistory, () => JSON.stringify(secret));
  const [dynamoDb, lambda] = await Promise.all([listen(tables), listen(control)]);
  const queues = Object.entries({
    VotesQueueUrl: "votes",
    OutcomesQueueUrl: "outcomes",
    VotesDlqUrl: "votes-dlq",
    OutcomesDlqUrl: "outcomes-dlq",
  });
  const models = queues.map(([, name]) => ({
    name,
    url: `http://127.0.0.1/000000000000/${name}`,
    arn: `arn:aws:sqs:ca-central-1:000000000000:${name}`,
    attributes: {},
  }));
  const sqs = new SqsEndpoint(new QueueStore(models, IN_MEMORY), IN_MEMORY);
  const sqsUrl = `http://127.0.0.1:${await sqs.listen(0)}`;
  const target = new Target({
    stage: "local",
    apiUrl: lambda,
    outputs: {
      ...Object.fromEntries(queues.map(([output, name]) => [output, `${sqsUrl}/000000000000/${name}`])),
      LawsTableName: "laws",
      ReceiptsTableName: "receipts",
      RequestIdKeySecretArn: "request-ids",
      PersonKeySecretArn: "persons",
      PepperSecretArn: "peppers",
      CodeCheckKeySecretArn: "code checks",
      ValidateMappingId: "validate",
      AggregateMappingId: "aggregate",
      IngestFunctionName: "ingest",
      LogFunctionName: "log",
      LawCacheSeconds: "0",
      LawChangeMarginSeconds: "1",
      CountQuietSeconds: "1",
      LegalTermDays: "0",
      CopiesKeptDays: '{"database_backups":35}',
    },
    dataDir: servers.directory,
    credentialsFile: join(servers.directory, "credentials.csv"),
    region: "us-east-1",
    endpoints: { sqs: sqsUrl, dynamoDb, lambda, secretsManager: lambda },
    postgres: { connectionString: servers.postgresUrl },
    redis: { url: servers.redisUrl },
  });
  await createTable(target, "laws", ["law_id"]);
  await createTable(target, "receipts", ["request_id", "rank"]);
  await migrate({ connectionString: servers.postgresUrl }, join(ROOT, "functions/migrate/migrations"));
  const stop = async () => {
    await target.close();
    for (const server of [tables, control]) server.close();
    await sqs.close();
    await servers.stop();
  };
  return { target, directory: servers.directory, mappingHistory, rotateKeys, stop };
}

/**
 * Secrets Manager's GetSecretValue; of Lambda, what `ingest` and `log` answer about their keys, and the event source
 * mappings: that of `aggregate` is always enabled.
 */
function controlPlane(history: string[], secret: () => string): Server {
  let state = "Enabled";
  let changes = 0;
  return createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const reply = (status: number, value: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.headers["x-amz-target"] === "secretsmanager.GetSecretValue") {
      reply(200, { SecretString: secret() });
    } else if (request.url === "/2015-03-31/functions/ingest/invocations") {
      const keys = Keys.fromSecrets({ promise: secret() });
      const { publicKey } = promiseKeyPair(keys.ofVersion(keys.currentVersion).promise);
      reply(200, { version: keys.currentVersion, public_key: publicKey.toString("base64url") });
    } else if (request.url === "/2015-03-31/functions/log/invocations") {
      if (request.headers["x-amz-invocation-type"] === "Event") reply(202, {});
      else
        reply(200, { public_key: logKeyPair(Keys.fromSecrets({ log: secret() }), 1).publicKey.toString("base64url") });
    } else if (request.url?.startsWith("/2015-03-31/event-source-mappings/validate")) {
      if (request.method === "PUT") {
        state = JSON.parse(body).Enabled ? "Enabled" : "Disabled";
        changes += 1;
        history.push(state === "Enabled" ? "resumed" : "paused");
      }
      reply(200, { UUID: "validate", State: state, LastModified: 1_700_000_000 + changes });
    } else if (request.url === "/2015-03-31/event-source-mappings/aggregate" && request.method === "GET") {
      reply(200, { UUID: "aggregate", State: "Enabled", LastModified: 1_700_000_000 });
    } else reply(404, { __type: "ResourceNotFoundException", message: "not here" });
  });
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

async function createTable(target: Target, TableName: string, [hash = "", range]: readonly string[]): Promise<void> {
  await target.dynamoDb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: hash, AttributeType: "S" },
        ...(range === undefined ? [] : [{ AttributeName: range, AttributeType: "N" as const }]),
      ],
      KeySchema: [
        { AttributeName: hash, KeyType: "HASH" },
        ...(range === undefined ? [] : [{ AttributeName: range, KeyType: "RANGE" as const }]),
      ],
    }),
  );
}
