import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../infra/functions.ts";
import { STAGE_NAMES } from "../../infra/stages.ts";
import { at, functionNamed, listAt, numberAt, ofType, synthesize, textAt } from "./support/synth.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const READERS: readonly string[] = ["results", "receipt", "laws", "health", "fallback"];
const OPERATORS: readonly string[] = ["operate", "roll"];
const CONSUMERS = [
  { consumer: "validate", queue: "votes" },
  { consumer: "aggregate", queue: "outcomes" },
] as const;

describe.each(STAGE_NAMES)("stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const onAws = synthesized.settings.aws !== undefined;
  const functions = FUNCTION_NAMES.map((name) => ({ name, resource: functionNamed(synthesized, name) }));
  const queueNamed = (name: string) => {
    const found = ofType(synthesized, "AWS::SQS::Queue").find(
      (queue) => queue.properties["QueueName"] === `referendum-${stage}-${name}`,
    );
    if (found === undefined) throw new Error(`no queue ${name}`);
    return found;
  };
  const mappingOf = (queue: string) => {
    const id = queueNamed(queue).logicalId;
    const found = ofType(synthesized, "AWS::Lambda::EventSourceMapping").find(
      (mapping) => at(mapping.properties, "EventSourceArn", "Fn::GetAtt", 0) === id,
    );
    if (found === undefined) throw new Error(`nothing consumes ${queue}`);
    return found;
  };

  it.each(FUNCTION_NAMES)("%s runs on Node.js 24, arm64, from an ES module", (name) => {
    const { properties } = functionNamed(synthesized, name);
    expect(properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Handler: "index.handler" });
  });

  it("caps the concurrency of reading functions and of operators', and of no function that a vote needs", () => {
    for (const { name, resource } of functions) {
      const capped = [...READERS, ...OPERATORS, "log"].includes(name);
      if (onAws && capped) {
        expect(resource.properties["ReservedConcurrentExecutions"], name).toBeGreaterThanOrEqual(1);
      } else {
        // A cap on ingest would refuse votes, one on a consumer would throttle its pollers into dead letters.
        expect(resource.properties, name).not.toHaveProperty("ReservedConcurrentExecutions");
      }
    }
  });

  it("lets readers have at most a fifth of an account's 1,000 executions, and operators a fiftieth", () => {
    const capOf = (names: readonly string[]) =>
      functions
        .filter(({ name }) => names.includes(name))
        .reduce((sum, { resource }) => sum + Number(resource.properties["ReservedConcurrentExecutions"] ?? 0), 0);
    expect(capOf(READERS)).toBeLessThanOrEqual(200);
    expect(capOf(OPERATORS)).toBeLessThanOrEqual(20);
  });

  it("gives readers of the database a second, but on LocalStack four, and a time limit soon after it", () => {
    for (const name of ["results", "health"]) {
      const { properties } = functionNamed(synthesized, name);
      const timeoutMs = stage === "localstack" ? "4000" : "1000";
      expect(at(properties, "Environment", "Variables", "DATABASE_TIMEOUT_MS"), name).toBe(timeoutMs);
    }
    for (const name of onAws ? ["results", "health", "receipt", "laws"] : []) {
      expect(numberAt(functionNamed(synthesized, name).properties, "Timeout"), name).toBeLessThanOrEqual(5);
    }
    for (const name of ["aggregate", "migrate"]) {
      const variables = at(functionNamed(synthesized, name).properties, "Environment", "Variables");
      expect(variables, name).not.toHaveProperty("DATABASE_TIMEOUT_MS");
    }
  });

  it("has no traces, because a trace has the caller's address and the path, and links a request to its message and batch", () => {
    for (const { name, resource } of functions) {
      expect(at(resource.properties, "TracingConfig", "Mode") ?? "PassThrough", name).toBe("PassThrough");
    }
    for (const apiStage of ofType(synthesized, "AWS::ApiGateway::Stage")) {
      expect(apiStage.properties["TracingEnabled"] ?? false).toBe(false);
    }
    expect(JSON.stringify(synthesized.resources.map((it) => it.properties))).not.toContain("xray:");
  });

  it("has a separate namespace for its metrics, in functions, alarms and dashboard", () => {
    for (const { name, resource } of functions) {
      const variables = at(resource.properties, "Environment", "Variables");
      expect(at(variables, "POWERTOOLS_METRICS_NAMESPACE"), name).toBe(`Referendum/${stage}`);
    }
    const readers = synthesized.resources.filter((it) => /CloudWatch::(Alarm|Dashboard)/.test(it.type));
    const queries = JSON.stringify(readers.map((it) => it.properties)).match(/(SCHEMA\(|SEARCH\('\{)[^,]*/g) ?? [];
    expect(queries.length > 0).toBe(onAws);
    for (const query of queries) expect(query.replaceAll("\\", "")).toMatch(new RegExp(`"Referendum/${stage}"$`));
  });

  it("keeps every function's log in a separate group for as long as the settings say", () => {
    for (const { name } of functions) {
      const group = ofType(synthesized, "AWS::Logs::LogGroup").find(
        (it) => it.properties["LogGroupName"] === `/aws/lambda/referendum-${stage}-${name}`,
      );
      expect(group?.properties["RetentionInDays"], name).toBe(synthesized.settings.logRetentionDays);
    }
  });

  it("keeps ingest and receipt out of any network", () => {
    for (const name of ["ingest", "receipt", "fallback"]) {
      expect(functionNamed(synthesized, name).properties).not.toHaveProperty("VpcConfig");
    }
  });

  describe.each(CONSUMERS)("$queue → $consumer", ({ consumer, queue }) => {
    const timeoutSeconds = numberAt(functionNamed(synthesized, consumer).properties, "Timeout");
    const visibilitySeconds = numberAt(queueNamed(queue).properties, "VisibilityTimeout");
    const mapping = mappingOf(queue).properties;

    it("hides a message for at least six times the function's time limit", () => {
      expect(visibilitySeconds).toBeGreaterThanOrEqual(6 * timeoutSeconds);
    });

    it("tries for at least two hours before a message becomes a dead letter", () => {
      const receives = numberAt(queueNamed(queue).properties, "RedrivePolicy", "maxReceiveCount");
      expect(visibilitySeconds * receives).toBeGreaterThanOrEqual(2 * HOUR);
    });

    it("has a dead-letter queue that no other queue uses", () => {
      const target = at(queueNamed(queue).properties, "RedrivePolicy", "deadLetterTargetArn", "Fn::GetAtt", 0);
      expect(target).toBe(queueNamed(`${queue}-dlq`).logicalId);
    });

    it("lets a batch fail in part", () => {
      expect(mapping["FunctionResponseTypes"]).toEqual(["ReportBatchItemFailures"]);
    });

    it("gathers large batches for at least a second", () => {
      if (numberAt(mapping, "BatchSize") > 10) {
        expect(numberAt(mapping, "MaximumBatchingWindowInSeconds")).toBeGreaterThanOrEqual(1);
      }
    });

    it("limits its concurrency at the mapping", () => {
      expect(numberAt(mapping, "ScalingConfig", "MaximumConcurrency")).toBe(
        synthesized.settings[consumer].maximumConcurrency,
      );
    });

    it("filters nothing: SQS deletes what a filter leaves out", () => {
      expect(mapping).not.toHaveProperty("FilterCriteria");
    });

    it("is enabled", () => {
      expect(mapping["Enabled"] ?? true).toBe(true);
    });

    if (onAws)
      it("points at the alias, so that deployments can shift traffic", () => {
        const alias = ofType(synthesized, "AWS::Lambda::Alias").find(
          (it) => at(it.properties, "FunctionName", "Ref") === functionNamed(synthesized, consumer).logicalId,
        );
        expect(JSON.stringify(mapping["FunctionName"])).toContain(String(alias?.logicalId));
      });
  });

  it("keeps messages four days and dead letters fourteen", () => {
    for (const { queue } of CONSUMERS) {
      expect(numberAt(queueNamed(queue).properties, "MessageRetentionPeriod")).toBe(4 * DAY);
      expect(numberAt(queueNamed(`${queue}-dlq`).properties, "MessageRetentionPeriod")).toBe(14 * DAY);
    }
  });

  it("encrypts every queue and accepts only TLS", () => {
    const denying = ofType(synthesized, "AWS::SQS::QueuePolicy").flatMap((policy) =>
      listAt(policy.properties, "PolicyDocument", "Statement")
        .filter((statement) => at(statement, "Effect") === "Deny")
        .filter((statement) => at(statement, "Condition", "Bool", "aws:SecureTransport") === "false")
        .map((statement) => at(statement, "Resource", "Fn::GetAtt", 0)),
    );
    for (const queue of ofType(synthesized, "AWS::SQS::Queue")) {
      // In an account by a key of the application's own, whose policy says who may use it; elsewhere by SQS's.
      expect(queue.properties["KmsMasterKeyId"] !== undefined, queue.logicalId).toBe(onAws);
      expect(queue.properties["SqsManagedSseEnabled"], queue.logicalId).toBe(onAws ? undefined : true);
      expect(denying).toContain(queue.logicalId);
      expect(queue.properties).not.toHaveProperty("FifoQueue");
    }
  });

  it("pays tables per request, and receipts rise by their sort key", () => {
    const tables = ofType(synthesized, "AWS::DynamoDB::Table");
    for (const table of tables) expect(table.properties["BillingMode"]).toBe("PAY_PER_REQUEST");
    const keys = tables.map((table) =>
      listAt(table.properties, "KeySchema").map((key) => textAt(key, "AttributeName")),
    );
    expect(keys).toEqual(expect.arrayContaining([["law_id"], ["request_id", "rank"]]));
  });

  it("has no seed in the template, and a secret for each purpose, which Secrets Manager makes", () => {
    const seeds = ofType(synthesized, "AWS::SecretsManager::Secret").filter((secret) =>
      JSON.stringify(secret.properties["GenerateSecretString"]).includes('"seed"'),
    );
    expect(seeds.map((secret) => secret.logicalId.replace(/^Stores|[0-9A-F]{8}$/g, "")).sort()).toEqual([
      "ArchiveKey",
      "CodeCheckKey",
      "IdempotencyKey",
      // The seed of release 1.0.0 (infra/constructs/common/earlier-release.ts).
      ...(synthesized.settings.aws === undefined ? [] : ["Keys"]),
      // In an account it is a key of KMS.
      ...(synthesized.settings.aws === undefined ? ["LogKey"] : []),
      "MacOutcomeKey",
      "MacRecordKey",
      "MacValidateKey",
      "Pepper",
      "PersonKey",
      "PromiseKey",
      "RequestIdKey",
      "SealKey",
      "SetAsideKey",
    ]);
    for (const secret of seeds) {
      expect(secret.properties).not.toHaveProperty("SecretString");
      expect(secret.properties["GenerateSecretString"]).toMatchObject({
        GenerateStringKey: "seed",
        PasswordLength: 64,
        SecretStringTemplate: '{"version":1}',
      });
    }
  });
});
