import { CfnOutput, Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { Construct, type IConstruct } from "constructs";
import { MIGRATION_SECONDS } from "../../../shared/runtime/metrics.ts";
import { FUNCTION_NAMES, type FunctionName } from "../../functions.ts";
import type { AwsSettings, Settings } from "../../stages.ts";
import { UNEXPECTED_ACCESS } from "../access/access-trail.ts";
import { People } from "../access/people.ts";
import { LogRoutes } from "../api/log-routes.ts";
import { ReferendumApi } from "../api/referendum-api.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { metricNamespace } from "../common/metric-namespace.ts";
import { grantSecretRead } from "../data/grants.ts";
import type { Stores } from "../data/stores.ts";
import { keepWarm, Rollout } from "../lambda/rollout.ts";
import { ServiceFunction } from "../lambda/service-function.ts";
import { OperatorsApi } from "../operators/operators-api.ts";
import type { Connections } from "./connections.ts";
import { equipLog, watchLogs } from "./equip-log.ts";
import { equipOperators } from "./equip-operators.ts";
import { WorkQueue } from "./work-queue.ts";

export interface PipelineProps {
  readonly settings: Settings;
  /** The folder of the bundles (bundles.ts). */
  readonly bundleDirectory: string;
  readonly stores: Stores;
  readonly connections: Connections;
  /** In an AWS account: the recipients of alarms. */
  readonly alarms?: AlarmMaker;
}

const DESCRIPTIONS: Readonly<Record<FunctionName, string>> = {
  ingest: "Takes a vote: checks it, hashes the voter, puts one message on the votes queue",
  validate: "Decides votes: one atomic Redis call each, then the outcomes queue",
  aggregate: "Records outcomes: one PostgreSQL transaction per batch, then the receipts",
  results: "Reads the tally and the turnout",
  receipt: "Reads what became of a vote",
  laws: "Reads the laws, their titles and windows",
  health: "Says which backing services answer",
  log: "Brings entries into the public logs of laws, signs and publishes them",
  operate: "Does what operators ask for: laws, queues, receipts, ledger, journal",
  roll: "Loads and rebuilds voter rolls, as operators ask for",
  migrate: "Brings the database to the schema of this release",
  fallback: "Answers 404 for unknown paths, 405 for wrong methods, and with the API's description",
};

/**
 * The way of a vote: API → ingest → votes → validate → outcomes → aggregate, the functions that read, and the door of
 * operators.
 */
export class Pipeline extends Construct {
  readonly functions: Readonly<Record<FunctionName, ServiceFunction>>;
  readonly votes: WorkQueue;
  readonly outcomes: WorkQueue;
  readonly api: ReferendumApi;
  readonly operatorsApi: OperatorsApi;
  /** In an AWS account: the roles of people. */
  readonly people: People | undefined;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { settings, stores, connections } = props;
    this.votes = new WorkQueue(this, "Votes", { name: "votes", consumer: "validate", settings });
    this.outcomes = new WorkQueue(this, "Outcomes", { name: "outcomes", consumer: "aggregate", settings });
    const service = (name: FunctionName, idOf: string, environment: Record<string, string> = {}) =>
      new ServiceFunction(this, idOf, {
        name,
        settings,
        bundleDirectory: props.bundleDirectory,
        description: DESCRIPTIONS[name],
        environment,
        placement: connections.placementOf(name),
      });
    const VOTES_QUEUE_URL = this.votes.queue.queueUrl;
    const LAWS_TABLE = stores.lawsTable.tableName;
    const RECEIPTS_TABLE = stores.receiptsTable.tableName;
    const REQUEST_ID_KEY_SECRET_ARN = stores.keySecrets.requestIdMac.secretArn;
    // A reader that waits for a database that is away holds concurrency that votes need.
    const DATABASE_TIMEOUT_MS = String(settings.readerDatabaseTimeoutMs);
    const MAC_VALIDATE_KEY_SECRET_ARN = stores.keySecrets.macValidate.secretArn;
    const MAC_RECORD_KEY_SECRET_ARN = stores.keySecrets.macRecord.secretArn;
    const MAC_OUTCOME_KEY_SECRET_ARN = stores.keySecrets.macOutcome.secretArn;
    const LAW_CACHE_SECONDS = String(settings.lawCacheSeconds);
    this.functions = {
      ingest: service("ingest", "Ingest", {
        VOTES_QUEUE_URL,
        LAWS_TABLE,
        RECEIPTS_TABLE,
        REQUEST_ID_KEY_SECRET_ARN,
        IDEMPOTENCY_KEY_SECRET_ARN: stores.keySecrets.idempotency.secretArn,
        PEPPER_SECRET_ARN: stores.keySecrets.pepper.secretArn,
        CODE_CHECK_KEY_SECRET_ARN: stores.keySecrets.codeCheck.secretArn,
        MAC_VALIDATE_KEY_SECRET_ARN,
        MAC_RECORD_KEY_SECRET_ARN,
        SEAL_KEY_SECRET_ARN: stores.keySecrets.seal.secretArn,
        PROMISE_KEY_SECRET_ARN: stores.keySecrets.promise.secretArn,
        LAW_CACHE_SECONDS,
      }),
      validate: service("validate", "Validate", {
        OUTCOMES_QUEUE_URL: this.outcomes.queue.queueUrl,
        VOTES_DLQ_URL: this.votes.deadLetterQueue.queueUrl,
        MAC_VALIDATE_KEY_SECRET_ARN,
        MAC_OUTCOME_KEY_SECRET_ARN,
      }),
      aggregate: service("aggregate", "Aggregate", {
        RECEIPTS_TABLE,
        OUTCOMES_DLQ_URL: this.outcomes.deadLetterQueue.queueUrl,
        MAC_RECORD_KEY_SECRET_ARN,
        MAC_OUTCOME_KEY_SECRET_ARN,
      }),
      results: service("results", "Results", {
        LAWS_TABLE,
        DATABASE_TIMEOUT_MS,
        TURNOUT_MINIMUM: String(settings.turnoutMinimum),
        RESULTS_INTERVAL_SECONDS: String(settings.resultsIntervalSeconds),
        RESULTS_MINIMUM_VOTES: String(settings.resultsMinimumVotes),
      }),
      receipt: service("receipt", "Receipt", {
        RECEIPTS_TABLE,
        REQUEST_ID_KEY_SECRET_ARN,
        LAWS_TABLE,
        LAW_CACHE_SECONDS,
      }),
      laws: service("laws", "Laws", { LAWS_TABLE, LAW_CACHE_SECONDS }),
      health: service("health", "Health", {
        LAWS_TABLE,
        VOTES_QUEUE_URL,
        DATABASE_TIMEOUT_MS,
        PROBE_TIMEOUT_MS: String(settings.healthProbeTimeoutMs),
      }),
      log: service("log", "Log"),
      operate: service("operate", "Operate"),
      roll: service("roll", "Roll"),
      migrate: service("migrate", "Migrate"),
      fallback: service("fallback", "Fallback"),
    };
    this.#grant(stores, connections);
    this.votes.consumeWith(this.functions.validate);
    this.outcomes.consumeWith(this.functions.aggregate);
    equipLog(this.functions.log, { settings, stores, connections });
    equipOperators(this.functions, { settings, stores, connections, votes: this.votes, outcomes: this.outcomes });
    this.api = new ReferendumApi(this, "Front", { settings, functions: this.functions });
    new LogRoutes(this, "LogRoutes", { api: this.api, logs: stores.logs });
    const logging = this.api.api.node.tryFindChild("Account");
    this.operatorsApi = new OperatorsApi(this, "Operators", { settings, functions: this.functions, logging });
    this.#output(stores, settings);
    if (settings.aws !== undefined && props.alarms !== undefined) {
      this.people = new People(this, "People", { settings, aws: settings.aws, door: this.operatorsApi });
    }
    for (const service of [this.functions.operate, this.functions.roll]) {
      service.function.addEnvironment("PINNED_ROLES", (this.people?.pinned ?? []).join(" "));
    }
    if (settings.aws === undefined || props.alarms === undefined || this.people === undefined) return;
    this.#operate(settings, settings.aws, props.alarms, this.people);
  }

  /**
   * What only an AWS account has: who may use the queues, alarms, the order of a deployment, warm execution
   * environments.
   */
  #operate(settings: Settings, aws: AwsSettings, alarms: AlarmMaker, people: People): void {
    const { ingest, validate, aggregate, health, log, operate, migrate } = this.functions;
    this.votes.restrict({ producer: ingest, consumer: validate, operate }, people.breakGlass, aws);
    this.outcomes.restrict({ producer: validate, consumer: aggregate, operate }, people.breakGlass, aws);
    this.operatorsApi.reportUseBy(people.breakGlass, UNEXPECTED_ACCESS);
    const [votes, outcomes] = [this.votes.watch(alarms), this.outcomes.watch(alarms)];
    const serverErrors = this.api.watch(alarms);
    for (const service of Object.values(this.functions)) service.watch(alarms);
    watchMigration(migrate, alarms, settings);
    watchLogs(log, alarms, settings);
    new Rollout(this, "Rollout", {
      aws,
      migrate,
      votePath: [
        { service: ingest, alarms: [serverErrors, votes.putAside] },
        { service: validate, alarms: [votes.oldestMessage, votes.putAside, outcomes.putAside] },
        { service: aggregate, alarms: [outcomes.oldestMessage, outcomes.putAside] },
      ],
      afterMigration: Object.values(this.functions)
        .filter((service) => service !== migrate)
        .flatMap((service): IConstruct[] => (service.alias === undefined ? [] : [service.alias]))
        .concat(
          this.votes.mapping ?? [],
          this.outcomes.mapping ?? [],
          this.api.api.deploymentStage,
          this.operatorsApi.api.deploymentStage,
        ),
    });
    keepWarm(ingest, aws.ingestConcurrency);
    this.#askHealth(health);
  }

  /** Once a minute, so that a roll that is not loaded is known before the first vote waits for it. */
  #askHealth(health: ServiceFunction): void {
    new events.Rule(this, "AskHealth", {
      description: "Asks the health of the backing services; what it finds becomes metrics",
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [
        new targets.LambdaFunction(health.target, {
          // The same event as from the API.
          event: events.RuleTargetInput.fromObject({ httpMethod: "GET", path: "/api/v1/health", headers: {} }),
          // There is another request in the next minute.
          retryAttempts: 0,
        }),
      ],
    });
  }

  /**
   * Exactly the permissions that each function needs; equip-operators.ts and equip-log.ts have theirs, and
   * tests/infra/permissions.test.ts has the same as a table.
   */
  #grant(stores: Stores, connections: Connections): void {
    const { ingest, validate, aggregate, results, receipt, laws, health, migrate } = this.functions;
    this.votes.queue.grant(ingest.role, "sqs:SendMessage");
    stores.lawsTable.grant(ingest.role, "dynamodb:GetItem");
    stores.receiptsTable.grant(ingest.role, "dynamodb:Query");
    const { requestIdMac, idempotency, pepper, codeCheck, macValidate, macRecord, macOutcome, seal, promise } =
      stores.keySecrets;
    const keysOf = [
      [ingest, [requestIdMac, idempotency, pepper, codeCheck, macValidate, macRecord, seal, promise]],
      [validate, [macValidate, macOutcome]],
      [aggregate, [macRecord, macOutcome]],
    ] as const;
    for (const [{ role }, secrets] of keysOf) {
      for (const secret of secrets) grantSecretRead(role, secret, stores.encryptionKey);
    }

    connections.connectRedis(validate, "validate");
    this.outcomes.queue.grant(validate.role, "sqs:SendMessage");

    connections.connectDatabase(aggregate, "referendum_writer");
    stores.receiptsTable.grant(aggregate.role, "dynamodb:BatchWriteItem");

    connections.connectDatabase(results, "referendum_reader");
    stores.lawsTable.grant(results.role, "dynamodb:GetItem", "dynamodb:Scan");

    stores.receiptsTable.grant(receipt.role, "dynamodb:Query");
    // Of a destroyed law there is no receipt any more.
    stores.lawsTable.grant(receipt.role, "dynamodb:GetItem");
    grantSecretRead(receipt.role, requestIdMac, stores.encryptionKey);

    stores.lawsTable.grant(laws.role, "dynamodb:GetItem", "dynamodb:Scan");

    connections.connectDatabase(health, "referendum_reader");
    connections.connectRedis(health, "health");
    stores.lawsTable.grant(health.role, "dynamodb:GetItem", "dynamodb:Scan");
    this.votes.queue.grant(health.role, "sqs:GetQueueAttributes");

    connections.connectDatabase(migrate, "migrator");
  }

  /** The same names on every stage: commands and tests find a stage by them. */
  #output(stores: Stores, settings: Settings): void {
    const output = (key: string, value: string | undefined) => {
      // Directly under the stack: an output's name is its logical id, without the construct's path.
      if (value !== undefined) new CfnOutput(this, key, { value }).overrideLogicalId(key);
    };
    const { domain } = settings.aws ?? {};
    output("ApiUrl", domain === undefined ? this.api.api.url : `https://${domain.name}/`);
    output("OperatorsApiUrl", this.operatorsApi.api.url);
    output("VotesQueueUrl", this.votes.queue.queueUrl);
    output("VotesDlqUrl", this.votes.deadLetterQueue.queueUrl);
    output("OutcomesQueueUrl", this.outcomes.queue.queueUrl);
    output("OutcomesDlqUrl", this.outcomes.deadLetterQueue.queueUrl);
    output("LawsTableName", stores.lawsTable.tableName);
    output("ReceiptsTableName", stores.receiptsTable.tableName);
    output("RequestIdKeySecretArn", stores.keySecrets.requestIdMac.secretArn);
    output("IdempotencyKeySecretArn", stores.keySecrets.idempotency.secretArn);
    output("PersonKeySecretArn", stores.keySecrets.person.secretArn);
    output("PepperSecretArn", stores.keySecrets.pepper.secretArn);
    output("CodeCheckKeySecretArn", stores.keySecrets.codeCheck.secretArn);
    // How long before a change of a law is known to all: commands announce its moment by these.
    output("LawCacheSeconds", String(settings.lawCacheSeconds));
    output("LawChangeMarginSeconds", String(settings.lawChangeMarginSeconds));
    output("CountQuietSeconds", String(settings.countQuietSeconds));
    output("ValidateMappingId", this.votes.mapping?.eventSourceMappingId);
    output("AggregateMappingId", this.outcomes.mapping?.eventSourceMappingId);
    for (const name of FUNCTION_NAMES) {
      output(`${name.charAt(0).toUpperCase()}${name.slice(1)}FunctionName`, this.functions[name].function.functionName);
    }
  }
}

/**
 * A migration that comes near Lambda's own limit is stuck; one that fails has stopped the deployment. Lambda's own
 * metric of a run exists only when it has ended, so `migrate` tells how long it has run.
 */
function watchMigration(migrate: ServiceFunction, alarms: AlarmMaker, { stage, functions }: Settings): void {
  alarms.add(migrate, "migration-stuck", {
    what: "A migration of the database takes very long.",
    runbook: "alarm-migration",
    metric: new cloudwatch.Metric({
      namespace: metricNamespace(stage),
      metricName: MIGRATION_SECONDS,
      dimensionsMap: { service: "migrate" },
      statistic: "Maximum",
      period: Duration.minutes(1),
    }),
    threshold: functions.migrate.timeoutSeconds * 0.8,
  });
}
