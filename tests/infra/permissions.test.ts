import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES, type FunctionName } from "../../infra/functions.ts";
import { STAGE_NAMES } from "../../infra/stages.ts";
import { FUNCTION_GRANTS, type Grants, mergeGrants } from "../support/function-grants.ts";
import { allowedTo, statementsOf } from "./support/grants.ts";
import { at, listAt, ofType, synthesize } from "./support/synth.ts";

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
  aggregate: { ...IN_NETWORK, ...DECRYPT, "rds-db:connect": ["proxy as referendum_writer"] },
  results: { ...IN_NETWORK, "rds-db:connect": ["proxy as referendum_reader"] },
  receipt: DECRYPT,
  laws: {},
  health: {
    ...IN_NETWORK,
    ...DECRYPT,
    "rds-db:connect": ["proxy as referendum_reader"],
    "secretsmanager:GetSecretValue": ["redis password of health"],
  },
  log: {
    ...IN_NETWORK,
    "kms:Sign": ["log key"],
    "kms:GetPublicKey": ["log key"],
    "rds-db:connect": ["proxy as referendum_log"],
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

/** Where KMS has no such key. */
const ELSEWHERE: Partial<Record<FunctionName, Grants>> = { log: { "secretsmanager:GetSecretValue": ["log key"] } };

describe.each(STAGE_NAMES)("on stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const onAws = synthesized.settings.aws !== undefined;

  it.each(FUNCTION_NAMES)("%s may do what the table says and nothing else", (name) => {
    const expected = mergeGrants(FUNCTION_GRANTS[name], onAws ? ON_AWS[name] : (ELSEWHERE[name] ?? {}));
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
        // Network interfaces have no names before they exist; metrics and composite alarms cannot be named at all.
        const nameless = /^ec2:\w+(NetworkInterface|Subnet|PrivateIp)|^cloudwatch:(GetMetricData|DescribeAlarms)$/;
        for (const action of actions) expect(action, where).toMatch(nameless);
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
