import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { HOME_DIRECTORY } from "../../places/localstack/settings.ts";
import { makeLiteral, Template } from "../support/account-stage/literal.ts";
import { synthesize } from "./support/synth.ts";

const created = new Set(
  z.array(z.string()).parse(JSON.parse(readFileSync(join(HOME_DIRECTORY, "resource-types.json"), "utf8"))),
);
const servers = {
  databaseUrl: (role = "owner") => `postgresql://${role}@127.0.0.1:5432/election_db`,
  redisUrl: "redis://127.0.0.1:6379",
};
const literal = (resources: object, others: object = {}) =>
  makeLiteral(Template.parse({ Resources: resources, ...others }), created, servers);

const DATABASE = { Type: "AWS::RDS::DBInstance", Properties: {} };

describe.each(["dev", "prod"] as const)("the stage %s made literal for LocalStack", (stage) => {
  // As the test on LocalStack puts it up (tests/support/account-stage/stage.ts).
  const { resources, outputs } = synthesize(stage, { aws: { pages: { enabled: false } } });
  const template = literal(
    Object.fromEntries(
      resources.map(({ stack, logicalId, type, properties, dependsOn }) => [
        // Stacks may have a logical id in common; references stay within a stack.
        resources.filter((one) => one.logicalId === logicalId).length > 1 ? `${stack}.${logicalId}` : logicalId,
        { Type: type, Properties: properties, DependsOn: [...dependsOn] },
      ]),
    ),
    { Outputs: Object.fromEntries([...outputs].map(([name, Value]) => [name, { Value }])) },
  );

  test("has only resources that LocalStack creates, and most of the stage's", () => {
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => !created.has(type))).toEqual([]);
    expect(types.length).toBeGreaterThan(resources.length * 0.7);
  });

  test("refers to nothing that was left out", () => {
    const leftOut = resources.filter(({ type }) => !created.has(type)).map(({ logicalId }) => logicalId);
    expect(leftOut.length).toBeGreaterThan(10);
    const words = new Set(JSON.stringify(template).split(/[^\w]+/));
    expect(leftOut.filter((id) => words.has(id))).toEqual([]);
  });
});

describe("what is made literal", () => {
  test("a resource that depends on, refers to or asks for something left out does without it", () => {
    const { Resources, ...rest } = literal(
      {
        Database: DATABASE,
        Queue: {
          Type: "AWS::SQS::Queue",
          Properties: { QueueName: { Ref: "Database" } },
          DependsOn: ["Database", "Topic"],
        },
        Topic: { Type: "AWS::SNS::Topic", DependsOn: "Database" },
      },
      { Outputs: { Host: { Value: { "Fn::GetAtt": ["Database", "Endpoint.Address"] } } } },
    );
    expect(Resources).toEqual({
      Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "referendum-literal" }, DependsOn: ["Topic"] },
      Topic: { Type: "AWS::SNS::Topic" },
    });
    expect(rest).toEqual({ Outputs: { Host: { Value: "postgres.literal.invalid" } } });
  });

  test("functions connect to servers of this machine, as the role and the user that they are in an account", () => {
    const Variables = {
      STAGE: "dev",
      DATABASE_HOST: { "Fn::GetAtt": ["Database", "Endpoint.Address"] },
      DATABASE_USER: "referendum_writer",
      DATABASE_AUTH: "iam",
      REDIS_URL: "rediss://cache:6379",
      REDIS_USER: "validate",
    };
    const { Resources } = literal({
      Database: DATABASE,
      Aggregate: { Type: "AWS::Lambda::Function", Properties: { Timeout: 3, Environment: { Variables } } },
    });
    expect(Resources["Aggregate"]?.Properties).toEqual({
      Timeout: 3,
      Environment: {
        Variables: {
          STAGE: "dev",
          DATABASE_URL: "postgresql://referendum_writer@127.0.0.1:5432/election_db",
          REDIS_URL: "redis://127.0.0.1:6379",
          REDIS_USER: "validate",
        },
      },
    });
  });

  test("a key of Ed25519 is of a kind that LocalStack's KMS makes, and others are as they are", () => {
    const key = (properties: object) => ({ Type: "AWS::KMS::Key", Properties: properties });
    const { Resources } = literal({
      Log: key({ KeySpec: "ECC_NIST_EDWARDS25519", KeyUsage: "SIGN_VERIFY" }),
      Data: key({ EnableKeyRotation: true }),
    });
    expect(Resources).toEqual({
      Log: key({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }),
      Data: key({ EnableKeyRotation: true }),
    });
  });

  test("functions of operators believe who asks, because LocalStack's gateway does not say it", () => {
    const { Resources } = literal({
      Operate: {
        Type: "AWS::Lambda::Function",
        Properties: { Environment: { Variables: { OPERATOR_IDENTITY: "iam", TWO_PEOPLE: "true" } } },
      },
    });
    expect(Resources["Operate"]?.Properties).toEqual({
      Environment: { Variables: { OPERATOR_IDENTITY: "claimed", TWO_PEOPLE: "true" } },
    });
  });

  test("an attribute without a literal is named, and so is where to add it", () => {
    const queue = { Type: "AWS::SQS::Queue", Properties: { QueueName: { "Fn::GetAtt": ["Database", "DBSystemId"] } } };
    expect(() => literal({ Database: DATABASE, Queue: queue })).toThrow(
      "DBSystemId of Database is asked for, but LocalStack has no AWS::RDS::DBInstance: give it a literal in " +
        "tests/support/account-stage/literal.ts.",
    );
  });
});
