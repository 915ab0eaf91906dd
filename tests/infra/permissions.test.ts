import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES, type FunctionName } from "../../infra/functions.ts";
import { STAGE_NAMES } from "../../infra/stages.ts";
import { allowedTo, type Grants, statementsOf } from "./support/grants.ts";
import { at, listAt, ofType, synthesize } from "./support/synth.ts";

const OWN_LOG: Grants = { "logs:CreateLogStream": ["own log"], "logs:PutLogEvents": ["own log"] };
const CONSUME = (queue: string): Grants => ({
  "sqs:ReceiveMessage": [queue],
  "sqs:DeleteMessage": [queue],
  "sqs:ChangeMessageVisibility": [queue],
  "sqs:GetQueueAttributes": [queue],
  "sqs:GetQueueUrl": [queue],
});

const PAUSE = (...queues: readonly string[]): Grants => ({
  "lambda:GetEventSourceMapping": queues.map((queue) => `mapping of ${queue}`),
  "lambda:UpdateEventSourceMapping": queues.map((queue) => `mapping of ${queue}`),
});

/** Function × permission, on every stage. What is not here is not allowed. */
const EVERYWHERE: Readonly<Record<FunctionName, Grants>> = {
  ingest: {
    ...OWN_LOG,
    "sqs:SendMessage": ["votes"],
    "dynamodb:GetItem": ["laws"],
    "dynamodb:Query": ["receipts"],
    "secretsmanager:GetSecretValue": ["code check key", "idempotency key", "pepper", "request id key"],
  },
  validate: { ...OWN_LOG, ...CONSUME("votes"), "sqs:SendMessage": ["outcomes", "votes-dlq"] },
  aggregate: {
    ...OWN_LOG,
    ...CONSUME("outcomes"),
    "sqs:SendMessage": ["outcomes-dlq"],
    "dynamodb:BatchWriteItem": ["receipts"],
  },
  results: { ...OWN_LOG, "dynamodb:GetItem": ["laws"], "dynamodb:Scan": ["laws"] },
  receipt: { ...OWN_LOG, "dynamodb:Query": ["receipts"], "secretsmanager:GetSecretValue": ["request id key"] },
  laws: { ...OWN_LOG, "dynamodb:GetItem": ["laws"], "dynamodb:Scan": ["laws"] },
  health: {
    ...OWN_LOG,
    "dynamodb:GetItem": ["laws"],
    "dynamodb:Scan": ["laws"],
    "sqs:GetQueueAttributes": ["votes"],
  },
  operate: merge(
    OWN_LOG,
    CONSUME("votes-dlq"),
    CONSUME("outcomes-dlq"),
    {
      "sqs:GetQueueAttributes": ["votes", "outcomes"],
      "sqs:SendMessage": ["votes", "outcomes"],
      "dynamodb:GetItem": ["laws"],
      "dynamodb:UpdateItem": ["laws"],
      "dynamodb:BatchGetItem": ["receipts"],
      "dynamodb:BatchWriteItem": ["receipts"],
      "dynamodb:Scan": ["laws", "receipts"],
      "secretsmanager:GetSecretValue": ["set-aside key"],
    },
    PAUSE("votes", "outcomes"),
  ),
  roll: {
    ...OWN_LOG,
    ...PAUSE("votes"),
    "sqs:GetQueueAttributes": ["outcomes"],
    "dynamodb:GetItem": ["laws"],
    // It adds laws, whose pepper it may read.
    "dynamodb:PutItem": ["laws"],
    "dynamodb:Scan": ["laws"],
    "secretsmanager:GetSecretValue": ["code check key", "pepper", "person key"],
  },
  migrate: OWN_LOG,
  fallback: OWN_LOG,
};

const IN_NETWORK: Grants = {
  "ec2:AssignPrivateIpAddresses": ["*"],
  "ec2:CreateNetworkInterface": ["*"],
  "ec2:DeleteNetworkInterface": ["*"],
  "ec2:DescribeNetworkInterfaces": ["*"],
  "ec2:DescribeSubnets": ["*"],
  "ec2:UnassignPrivateIpAddresses": ["*"],
};
const DECRYPT: Grants = { "kms:Decrypt": ["data key"] };

/** Further grants in an AWS account: network interfaces, encrypted secrets, the database. */
const ON_AWS: Readonly<Record<FunctionName, Grants>> = {
  ingest: DECRYPT,
  validate: { ...IN_NETWORK, ...DECRYPT, "secretsmanager:GetSecretValue": ["redis password of validate"] },
  aggregate: { ...IN_NETWORK, "rds-db:connect": ["proxy as referendum_writer"] },
  results: { ...IN_NETWORK, "rds-db:connect": ["proxy as referendum_reader"] },
  receipt: DECRYPT,
  laws: {},
  health: {
    ...IN_NETWORK,
    ...DECRYPT,
    "rds-db:connect": ["proxy as referendum_reader"],
    "secretsmanager:GetSecretValue": ["redis password of health"],
  },
  operate: {
    ...IN_NETWORK,
    ...DECRYPT,
    "rds-db:connect": ["proxy as referendum_operate"],
    "secretsmanager:GetSecretValue": ["redis password of operate"],
  },
  roll: {
    ...IN_NETWORK,
    ...DECRYPT,
    "rds-db:connect": ["proxy as referendum_roll"],
    "secretsmanager:GetSecretValue": ["redis password of roll"],
  },
  migrate: {
    ...IN_NETWORK,
    ...DECRYPT,
    "secretsmanager:GetSecretValue": ["database master password"],
    "rds-db:connect": ["database as election_user"],
  },
  fallback: {},
};

function merge(...grants: readonly Grants[]): Record<string, string[]> {
  const merged: Record<string, string[]> = {};
  for (const [action, names] of grants.flatMap((it) => Object.entries(it))) {
    merged[action] = [...(merged[action] ?? []), ...names].sort();
  }
  return merged;
}

describe.each(STAGE_NAMES)("on stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const onAws = synthesized.settings.aws !== undefined;

  it.each(FUNCTION_NAMES)("%s may do what the table says and nothing else", (name) => {
    const expected = merge(EVERYWHERE[name], onAws ? ON_AWS[name] : {});
    expect(allowedTo(synthesized, name)).toEqual(expected);
  });

  it("every statement names its actions and its resources", () => {
    for (const policy of ofType(synthesized, "AWS::IAM::Policy")) {
      // CDK's function that uploads the pages has the permissions that CDK chose (site.ts).
      if (policy.logicalId.startsWith("CustomCDKBucketDeployment")) continue;
      for (const statement of listAt(policy.properties, "PolicyDocument", "Statement")) {
        const actions = listAt(statement, "Action").map(String);
        const where = `${policy.logicalId}: ${actions.join(", ")}`;
        for (const action of actions) expect(action, where).not.toContain("*");
        const unnamed = listAt(statement, "Resource").includes("*");
        if (!unnamed || at(statement, "Effect") === "Deny") continue;
        // Network interfaces have no names before they exist.
        for (const action of actions) expect(action, where).toMatch(/^ec2:\w+(NetworkInterface|Subnet|PrivateIp)/);
      }
    }
  });

  if (onAws) {
    it("the code of no function may touch network interfaces, although its role may", () => {
      for (const name of FUNCTION_NAMES) {
        const statements = statementsOf(synthesized, name);
        const allows = statements.some((it) => at(it, "Effect") === "Allow" && /ec2:/.test(JSON.stringify(it)));
        const denies = statements.find((it) => at(it, "Effect") === "Deny" && /ec2:/.test(JSON.stringify(it)));
        expect(denies !== undefined, name).toBe(allows);
        if (!allows) continue;
        expect(JSON.stringify(at(denies, "Condition", "ArnEquals", "lambda:SourceFunctionArn"))).toContain(
          `function:referendum-${stage}-${name}`,
        );
      }
    });

    it("secrets are decrypted through Secrets Manager only", () => {
      for (const name of FUNCTION_NAMES) {
        for (const statement of statementsOf(synthesized, name)) {
          if (!listAt(statement, "Action").includes("kms:Decrypt")) continue;
          expect(String(at(statement, "Condition", "StringEquals", "kms:ViaService"))).toMatch(/^secretsmanager\./);
        }
      }
    });
  }
});
