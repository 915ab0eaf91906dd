import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Duration, Stack } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { z } from "zod";
import { PROJECT_ROOT } from "../../bundles.ts";
import type { Settings } from "../../stages.ts";
import { CONSUME_ACTIONS } from "../access/queue-access.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { copiesKeptDays } from "../common/copies-kept-days.ts";
import { grantSecretRead } from "../data/grants.ts";
import type { Stores } from "../data/stores.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";
import type { OperatorFunctionName } from "../operators/routes.ts";
import type { Connections } from "./connections.ts";
import type { WorkQueue } from "./work-queue.ts";

/** What the operators' functions work on. */
export interface Equipment {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly connections: Connections;
  readonly votes: WorkQueue;
  readonly outcomes: WorkQueue;
}

/**
 * How long a statement of a step may take, and a wait for the database: a step is ended after 20 s. The migrations give
 * the functions' roles the same limit.
 */
const STATEMENT_MS = 18_000;

type OperatorFunctions = Readonly<Record<OperatorFunctionName | "ingest" | "log", ServiceFunction>>;

/**
 * Gives the operators' functions their environment and exactly the permissions that they need. Both write to the
 * archive. `roll` has the keys of voters and takes nothing from a queue. `operate` has the key of messages that are set
 * aside, and takes only dead letters. It has the key of outcomes as well, because settling makes a duplicate a first
 * vote; the keys with which ingest vouches for a vote it has not. Both ask ingest and log which keys their promises
 * and logs are checked with, and wake log.
 *
 * @param functions the two, ingest and log
 * @param equipment what they work on; the queues have their consumers
 */
export function equipOperators({ operate, roll, ingest, log }: OperatorFunctions, equipment: Equipment): void {
  const asked = [ingest.target.functionArn, log.target.functionArn];
  const environment = {
    ...commonEnvironment(equipment),
    INGEST_FUNCTION: ingest.target.functionArn,
    LOG_FUNCTION: log.target.functionArn,
  };
  for (const { function: operators, role } of [operate, roll]) {
    for (const [key, value] of Object.entries(environment)) operators.addEnvironment(key, value);
    role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: asked }));
  }
  equipOperate(operate, equipment);
  equipRoll(roll, equipment);
  // What a destroyed law has left there is removed; nobody removes an entry of the journal.
  const messages = ["set-aside", "set-aside-undone"];
  const changes = ["roll-changes"];
  grantArchive(operate, equipment.stores, ["journal", ...messages], messages);
  grantArchive(roll, equipment.stores, ["journal", ...changes], changes);
}

function equipOperate(operate: ServiceFunction, { stores, connections, votes, outcomes }: Equipment): void {
  const { setAside, macOutcome } = stores.keySecrets;
  operate.function.addEnvironment("RECEIPTS_TABLE", stores.receiptsTable.tableName);
  operate.function.addEnvironment("SET_ASIDE_KEY_SECRET_ARN", setAside.secretArn);
  operate.function.addEnvironment("MAC_OUTCOME_KEY_SECRET_ARN", macOutcome.secretArn);
  for (const secret of [setAside, macOutcome]) grantSecretRead(operate.role, secret, stores.encryptionKey);
  connections.connectDatabase(operate, "referendum_operate");
  connections.connectRedis(operate, "operate");
  for (const { queue, deadLetterQueue } of [votes, outcomes]) {
    // It counts what waits, takes dead letters and sends them back.
    queue.grant(operate.role, "sqs:SendMessage", "sqs:GetQueueAttributes");
    deadLetterQueue.grant(operate.role, ...CONSUME_ACTIONS);
  }
  stores.lawsTable.grant(operate.role, "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan");
  stores.receiptsTable.grant(operate.role, "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:Scan");
  grantPause(operate, votes, outcomes);
  completeLaws(operate);
}

/** Once a minute: a change of a law that was cut off is not left until somebody looks at the law. */
function completeLaws(operate: ServiceFunction): void {
  new events.Rule(operate, "Schedule", {
    description: "Completes changes of laws that were cut off between PostgreSQL and DynamoDB",
    schedule: events.Schedule.rate(Duration.minutes(1)),
    // The next one comes soon.
    targets: [new targets.LambdaFunction(operate.target, { retryAttempts: 0 })],
  });
}

function equipRoll(roll: ServiceFunction, { stores, connections, votes, outcomes }: Equipment): void {
  const { person, pepper, codeCheck } = stores.keySecrets;
  roll.function.addEnvironment("PERSON_KEY_SECRET_ARN", person.secretArn);
  roll.function.addEnvironment("PEPPER_SECRET_ARN", pepper.secretArn);
  roll.function.addEnvironment("CODE_CHECK_KEY_SECRET_ARN", codeCheck.secretArn);
  for (const secret of [person, pepper, codeCheck]) grantSecretRead(roll.role, secret, stores.encryptionKey);
  connections.connectDatabase(roll, "referendum_roll");
  connections.connectRedis(roll, "roll");
  // Sealing a roll makes its law ready, and whoever looks at a law completes what a crash has cut off.
  stores.lawsTable.grant(roll.role, "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan");
  // A rebuild waits until every decided vote is recorded.
  outcomes.queue.grant(roll.role, "sqs:GetQueueAttributes");
  // Votes wait while rolls change.
  grantPause(roll, votes);
}

/**
 * A function reads and writes only its parts of the archive. S3 says that an object is absent only to those who may
 * list the bucket.
 */
function grantArchive(
  { role }: ServiceFunction,
  { archive, keySecrets, encryptionKey }: Stores,
  parts: readonly string[],
  removed: readonly string[],
): void {
  grantSecretRead(role, keySecrets.archive, encryptionKey);
  role.addToPolicy(new PolicyStatement({ actions: ["s3:ListBucket"], resources: [archive.bucketArn] }));
  role.addToPolicy(
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:PutObject"],
      resources: parts.map((part) => archive.arnForObjects(`${part}/*`)),
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ["s3:DeleteObject"],
      resources: removed.map((part) => archive.arnForObjects(`${part}/*`)),
    }),
  );
  // On a stage without an account, the bucket is in the same stack, and no rules are applied.
  const bucketStack = Stack.of(archive);
  if (bucketStack === Stack.of(role)) return;
  // As the automatic export, whose name the finding has.
  const { "Fn::ImportValue": name } = Imported.parse(bucketStack.resolve(bucketStack.exportValue(archive.bucketArn)));
  for (const part of parts) {
    acknowledge(
      role,
      `IAM5[Resource::${name}/${part}/*]`,
      "The names of objects are numbers and ids that are made later; the part of the archive is named.",
    );
  }
}

const Imported = z.object({ "Fn::ImportValue": z.string() });

function grantPause(service: ServiceFunction, ...queues: readonly WorkQueue[]): void {
  const mappings = queues.map((queue) => mappingOf(queue).eventSourceMappingArn);
  service.role.addToPolicy(
    new PolicyStatement({
      actions: ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"],
      resources: mappings,
    }),
  );
}

function mappingOf({ name, mapping }: WorkQueue) {
  if (mapping === undefined) throw new Error(`the queue ${name} has no consumer yet`);
  return mapping;
}

function commonEnvironment({ settings, stores, votes, outcomes }: Equipment): Record<string, string> {
  const onAws = settings.aws !== undefined;
  return {
    LAWS_TABLE: stores.lawsTable.tableName,
    ARCHIVE_BUCKET: stores.archive.bucketName,
    ARCHIVE_KEY_SECRET_ARN: stores.keySecrets.archive.secretArn,
    VOTES_QUEUE_URL: votes.queue.queueUrl,
    VOTES_DLQ_URL: votes.deadLetterQueue.queueUrl,
    OUTCOMES_QUEUE_URL: outcomes.queue.queueUrl,
    OUTCOMES_DLQ_URL: outcomes.deadLetterQueue.queueUrl,
    VALIDATE_MAPPING_ID: mappingOf(votes).eventSourceMappingId,
    AGGREGATE_MAPPING_ID: mappingOf(outcomes).eventSourceMappingId,
    LAW_CACHE_SECONDS: String(settings.lawCacheSeconds),
    LAW_CHANGE_MARGIN_SECONDS: String(settings.lawChangeMarginSeconds),
    COUNT_QUIET_SECONDS: String(settings.countQuietSeconds),
    LEGAL_TERM_DAYS: String(settings.legalTermDays),
    COPIES_KEPT_DAYS: JSON.stringify(copiesKeptDays(settings)),
    // Who asks: on AWS the gateway has checked it, elsewhere the caller's word is taken.
    OPERATOR_IDENTITY: onAws ? "iam" : "claimed",
    TWO_PEOPLE: String(settings.twoPeople),
    PROPOSAL_HOURS: String(settings.proposalHours),
    // SQS counts approximately on AWS; an emulator is exact.
    QUEUE_COUNTS: onAws ? "approximate" : "exact",
    DATABASE_TIMEOUT_MS: String(STATEMENT_MS),
    // Developers see the same hash again, and may use the codes of published test rolls.
    PEPPER_BY_DEFAULT: String(onAws),
    CODES_BY_DEFAULT: onAws ? "checked" : "any",
    RELEASE: releaseOf(),
  };
}

/** The release that is deployed, which the journal names. */
function releaseOf(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}
