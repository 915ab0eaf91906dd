import { describe, expect, it } from "vitest";
import { DATABASE_FUNCTIONS } from "../../infra/functions.ts";
import { at, functionNamed, synthesize } from "./support/synth.ts";

/**
 * What LocalStack 4.14 really creates (its README and source); other types are reported as created and are not there,
 * so a green deployment would prove nothing about them. The local runtime knows the same ones.
 */
const SUPPORTED = new Set([
  "AWS::ApiGateway::Deployment",
  "AWS::ApiGateway::GatewayResponse",
  "AWS::ApiGateway::Method",
  "AWS::ApiGateway::Resource",
  "AWS::ApiGateway::RestApi",
  "AWS::ApiGateway::Stage",
  "AWS::DynamoDB::Table",
  "AWS::Events::Rule",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::SecretsManager::Secret",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
]);

/** Outputs by which commands and tests find a stage. */
const OUTPUTS = [
  "ApiUrl",
  "OperatorsApiUrl",
  "VotesQueueUrl",
  "VotesDlqUrl",
  "OutcomesQueueUrl",
  "OutcomesDlqUrl",
  "LawsTableName",
  "ReceiptsTableName",
  "RequestIdKeySecretArn",
  "IdempotencyKeySecretArn",
  "PersonKeySecretArn",
  "PepperSecretArn",
  "CodeCheckKeySecretArn",
  "ValidateMappingId",
  "AggregateMappingId",
  "IngestFunctionName",
  "LawCacheSeconds",
  "LawChangeMarginSeconds",
  "CountQuietSeconds",
  "ValidateFunctionName",
  "AggregateFunctionName",
  "ResultsFunctionName",
  "ReceiptFunctionName",
  "LawsFunctionName",
  "HealthFunctionName",
  "LogFunctionName",
  "OperateFunctionName",
  "RollFunctionName",
  "MigrateFunctionName",
  "FallbackFunctionName",
];

describe.each(["local", "localstack"] as const)("stage %s", (stage) => {
  const synthesized = synthesize(stage);

  it("is one stack", () => {
    expect(synthesized.stacks.map((stack) => stack.name)).toEqual([`Referendum-${stage}`]);
  });

  it("has only resources that are really created there", () => {
    const types = new Set(synthesized.resources.map((resource) => resource.type));
    expect([...types].filter((type) => !SUPPORTED.has(type))).toEqual([]);
  });

  it("takes the addresses of Redis and PostgreSQL as parameters, hidden because they hold passwords", () => {
    for (const name of ["ValidateRedisUrl", "HealthRedisUrl", "OperateRedisUrl", "RollRedisUrl"]) {
      expect(synthesized.parameters.get(name)).toMatchObject({ Type: "String", NoEcho: true });
    }
    expect(synthesized.parameters.get("DatabaseUrl")).toMatchObject({ Type: "String", NoEcho: true });
    const environment = (name: string) => at(functionNamed(synthesized, name).properties, "Environment", "Variables");
    expect(environment("validate")).toMatchObject({ REDIS_URL: { Ref: "ValidateRedisUrl" } });
    expect(environment("health")).toMatchObject({ REDIS_URL: { Ref: "HealthRedisUrl" } });
    expect(environment("operate")).toMatchObject({ REDIS_URL: { Ref: "OperateRedisUrl" } });
    expect(environment("roll")).toMatchObject({ REDIS_URL: { Ref: "RollRedisUrl" } });
    for (const name of DATABASE_FUNCTIONS) {
      expect(environment(name), name).toMatchObject({ DATABASE_URL: { Ref: "DatabaseUrl" } });
    }
    const roles = Object.fromEntries(DATABASE_FUNCTIONS.map((name) => [name, at(environment(name), "DATABASE_ROLE")]));
    expect(roles).toEqual({
      aggregate: "referendum_writer",
      results: "referendum_reader",
      health: "referendum_reader",
      log: "referendum_log",
      operate: "referendum_operate",
      roll: "referendum_roll",
      migrate: undefined,
    });
  });

  it("leaves nothing behind when its stack is deleted", () => {
    for (const resource of synthesized.resources) {
      expect([undefined, "Delete"], resource.logicalId).toContain(resource.deletionPolicy);
    }
  });
});

describe.each(["local", "localstack", "dev", "prod"] as const)("stage %s", (stage) => {
  it("says under the same names where things are", () => {
    expect([...synthesize(stage).outputs.keys()]).toEqual(expect.arrayContaining(OUTPUTS));
  });
});
