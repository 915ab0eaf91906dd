import { LambdaClient } from "@aws-sdk/client-lambda";
import { lawBookOf } from "../../operations/law-book/book-of.ts";
import type { Servers } from "../../operations/servers.ts";
import { CODE_KINDS, type CodeKind } from "../../shared/domain/voter-code.ts";
import { dynamoDbClient, sqsClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { redisClient } from "../../shared/runtime/redis.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";

/** Connections to PostgreSQL: one holds a lock or a snapshot while others work. */
const CONNECTIONS = 4;

/** Which variable of the environment says what an output of the stack says. */
const VARIABLES: Readonly<Record<string, string>> = {
  VotesQueueUrl: "VOTES_QUEUE_URL",
  VotesDlqUrl: "VOTES_DLQ_URL",
  OutcomesQueueUrl: "OUTCOMES_QUEUE_URL",
  OutcomesDlqUrl: "OUTCOMES_DLQ_URL",
  LawsTableName: "LAWS_TABLE",
  ReceiptsTableName: "RECEIPTS_TABLE",
  ValidateMappingId: "VALIDATE_MAPPING_ID",
  AggregateMappingId: "AGGREGATE_MAPPING_ID",
  IngestFunctionName: "INGEST_FUNCTION",
  LogFunctionName: "LOG_FUNCTION",
  LawCacheSeconds: "LAW_CACHE_SECONDS",
  LawChangeMarginSeconds: "LAW_CHANGE_MARGIN_SECONDS",
  CountQuietSeconds: "COUNT_QUIET_SECONDS",
  LegalTermDays: "LEGAL_TERM_DAYS",
  CopiesKeptDays: "COPIES_KEPT_DAYS",
};

/**
 * The servers of the stage, by a function's environment. Built at a cold start.
 *
 * @param keys the keys that the function may read
 */
export async function functionServers(keys: Servers["keys"]): Promise<Servers> {
  const dynamoDb = dynamoDbClient();
  const pool = databasePool(CONNECTIONS);
  return {
    sqs: sqsClient(),
    dynamoDb,
    lambda: new LambdaClient({}),
    laws: lawBookOf({ pool, output }, new DynamoLawStore(dynamoDb, required("LAWS_TABLE"))),
    pool,
    redis: await redisClient(),
    keys,
    output,
    stage: required("STAGE"),
    distributed: required("QUEUE_COUNTS") === "approximate",
    pepperByDefault: required("PEPPER_BY_DEFAULT") === "true",
    codesByDefault: codeKind(required("CODES_BY_DEFAULT")),
  };
}

function output(name: string): string {
  const variable = VARIABLES[name];
  if (variable === undefined) throw new Error(`this function knows no ${name}`);
  return required(variable);
}

function codeKind(text: string): CodeKind {
  const kind = CODE_KINDS.find((one) => one === text);
  if (kind === undefined) throw new Error(`CODES_BY_DEFAULT must be one of ${CODE_KINDS.join(", ")}`);
  return kind;
}
