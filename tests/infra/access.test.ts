import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../infra/functions.ts";
import { at, listAt, ofType, synthesize } from "./support/synth.ts";

const QUEUES = [
  { queue: "votes", senders: ["ingest", "operate"], receivers: ["validate"] },
  { queue: "votes-dlq", senders: ["validate"], receivers: ["operate"] },
  { queue: "outcomes", senders: ["validate", "operate"], receivers: ["aggregate"] },
  { queue: "outcomes-dlq", senders: ["aggregate"], receivers: ["operate"] },
] as const;
const NAMES_OF_QUEUES = {
  votes: /VotesQueue/,
  "votes-dlq": /VotesDeadLetters/,
  outcomes: /OutcomesQueue/,
  "outcomes-dlq": /OutcomesDeadLetters/,
};
const USERS_OF_KEY: Readonly<Record<string, readonly string[]>> = {
  votes: ["break-glass", "ingest", "operate", "validate"],
  outcomes: ["aggregate", "break-glass", "operate", "validate"],
};
const EXPECTED_USERS: Readonly<Record<string, readonly string[]>> = {
  votes: ["ingest", "operate", "validate"],
  votesdlq: ["ingest", "operate", "validate"],
  outcomes: ["aggregate", "operate", "validate"],
  outcomesdlq: ["aggregate", "operate", "validate"],
  requestidkey: ["ingest", "receipt"],
  idempotencykey: ["ingest"],
  personkey: ["roll"],
  pepper: ["ingest", "roll"],
  codecheckkey: ["ingest", "roll"],
  setasidekey: ["operate"],
  macvalidatekey: ["ingest", "validate"],
  macrecordkey: ["aggregate", "ingest"],
  macoutcomekey: ["aggregate", "operate", "validate"],
  sealkey: ["ingest"],
  promisekey: ["ingest"],
  redishealth: ["health"],
  redisvalidate: ["validate"],
  redisoperate: ["operate"],
  redisroll: ["roll"],
  databaseadministrator: ["migrate"],
};
/** A principal in a policy, by the name it has above. */
function whoIs(principal: unknown): string {
  const text = JSON.stringify(principal);
  if (text.includes("PeopleBreakGlass")) return "break-glass";
  const arn = /:iam::.*:(root|role\/[^"]+)"/.exec(text);
  if (arn?.[1] !== undefined) return arn[1];
  return /Pipeline(\w+?)Role[0-9A-F]/.exec(text)?.[1]?.toLowerCase() ?? text;
}

describe.each(["dev", "prod"] as const)("on stage %s", (stage) => {
  const synthesized = synthesize(stage);

  describe.each(QUEUES)("the queue $queue", ({ queue, senders, receivers }) => {
    const policy = ofType(synthesized, "AWS::SQS::QueuePolicy").find((it) =>
      NAMES_OF_QUEUES[queue].test(JSON.stringify(it.properties["Queues"])),
    );
    const statements = listAt(policy?.properties, "PolicyDocument", "Statement");
    /** The principals that no statement refuses. */
    const mayStill = (action: string) => {
      const denies = statements.filter(
        (it) =>
          at(it, "Effect") === "Deny" &&
          listAt(it, "Action").includes(action) &&
          JSON.stringify(at(it, "Principal")) === '{"AWS":"*"}' &&
          at(it, "Condition", "ArnNotLike") !== undefined,
      );
      expect(denies, action).toHaveLength(1);
      // A service of AWS that acts by itself is not meant: SQS moves dead letters.
      expect(at(denies[0], "Condition", "BoolIfExists")).toEqual({ "aws:PrincipalIsAWSService": "false" });
      return listAt(denies[0], "Condition", "ArnNotLike", "aws:PrincipalArn").map(whoIs).sort();
    };

    it("refuses every principal except the roles that need the queue, whatever policies a principal has", () => {
      expect(mayStill("sqs:SendMessage")).toEqual([...senders, "break-glass"].sort());
      for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]) {
        expect(mayStill(action)).toEqual([...receivers, "break-glass"].sort());
      }
      expect(mayStill("sqs:PurgeQueue")).toEqual(["break-glass"]);
      expect(mayStill("sqs:StartMessageMoveTask")).toEqual(["break-glass"]);
    });

    it("can be changed by deployments, and repaired by the root user, but by nobody who only has permissions", () => {
      for (const action of ["sqs:SetQueueAttributes", "sqs:AddPermission", "sqs:RemovePermission", "sqs:DeleteQueue"]) {
        expect(mayStill(action)).toEqual(["break-glass", "role/cdk-*-cfn-exec-role-*", "root"]);
      }
    });

    it("does not allow anybody by itself, and refuses everybody without TLS", () => {
      expect(statements.filter((it) => at(it, "Effect") === "Allow")).toEqual([]);
      expect(statements.map((it) => at(it, "Condition", "Bool", "aws:SecureTransport"))).toContain("false");
    });

    it("is encrypted by a key that only its users may use, through SQS", () => {
      const found = ofType(synthesized, "AWS::SQS::Queue").find(
        (it) => it.properties["QueueName"] === `referendum-${stage}-${queue}`,
      );
      expect(found?.properties["KmsDataKeyReusePeriodSeconds"]).toBe(300);
      const keyId = at(found?.properties, "KmsMasterKeyId", "Fn::GetAtt", 0);
      const key = synthesized.resources.find((it) => it.logicalId === keyId);
      const [administer, use, ...others] = listAt(key?.properties, "KeyPolicy", "Statement");
      expect(others).toEqual([]);
      for (const action of listAt(administer, "Action")) {
        expect(String(action)).not.toMatch(/^kms:(\*|Decrypt|Encrypt|ReEncrypt|Generate)/);
      }
      expect(listAt(use, "Action")).toEqual(["kms:Decrypt", "kms:GenerateDataKey"]);
      expect(listAt(use, "Principal", "AWS").map(whoIs).sort()).toEqual(USERS_OF_KEY[queue.replace("-dlq", "")]);
      expect(String(at(use, "Condition", "StringEquals", "kms:ViaService"))).toMatch(/^sqs\./);
    });
  });

  it("a trail records use of queues and tables by others than the functions, and reading of secrets, but no MD5 of a vote", () => {
    const [trail] = ofType(synthesized, "AWS::CloudTrail::Trail");
    expect(trail?.properties).toMatchObject({ IsLogging: true, EnableLogFileValidation: true });
    expect(trail?.properties).not.toHaveProperty("EventSelectors");
    const selectors = listAt(trail?.properties, "AdvancedEventSelectors").map((selector) =>
      Object.fromEntries(listAt(selector, "FieldSelectors").map((it) => [String(at(it, "Field")), it] as const)),
    );
    const [use, send, tables, management] = selectors;
    const roles = (selector: unknown) => listAt(at(selector, "userIdentity.arn"), "NotStartsWith").length;
    expect(listAt(use?.["resources.ARN"], "Equals")).toHaveLength(4);
    expect(listAt(use?.["eventName"], "NotStartsWith")).toEqual(["SendMessage"]);
    expect(roles(use)).toBe(FUNCTION_NAMES.length);
    // CloudTrail keeps the MD5 of a message that is sent, from which the database's owner would find the choice.
    expect(listAt(send?.["eventName"], "StartsWith")).toEqual(["SendMessage"]);
    expect(roles(send)).toBe(FUNCTION_NAMES.length);
    expect(listAt(tables?.["resources.ARN"], "Equals")).toHaveLength(2);
    expect(listAt(management?.["eventCategory"], "Equals")).toEqual(["Management"]);
  });

  it("nobody can empty the trail's bucket before its time if data are protected", () => {
    const [trail] = ofType(synthesized, "AWS::CloudTrail::Trail");
    const bucketId = at(trail?.properties, "S3BucketName", "Ref");
    const bucket = synthesized.resources.find((it) => it.logicalId === bucketId);
    expect(at(bucket?.properties, "VersioningConfiguration", "Status")).toBe("Enabled");
    const lock = at(bucket?.properties, "ObjectLockConfiguration", "Rule", "DefaultRetention");
    expect(lock).toEqual(stage === "prod" ? { Mode: "COMPLIANCE", Days: 365 } : undefined);
    expect(bucket?.deletionPolicy).toBe(stage === "prod" ? "RetainExceptOnCreate" : "Delete");
    expect(JSON.stringify(ofType(synthesized, "AWS::S3::BucketPolicy").map((it) => it.properties))).toContain(
      '"aws:SecureTransport":"false"',
    );
  });

  it("an alarm reports everybody else who uses a queue or reads a key", () => {
    const ofTrail = ofType(synthesized, "AWS::Logs::MetricFilter").filter((it) =>
      it.logicalId.startsWith("AccessUnexpected"),
    );
    const filters = ofTrail.map((it) => ({
      id: it.logicalId.replace(/^AccessUnexpected|[0-9A-F]{8}$/g, ""),
      pattern: JSON.stringify(it.properties["FilterPattern"]),
      metric: at(it.properties, "MetricTransformations", 0),
    }));
    const expected = Object.keys(EXPECTED_USERS);
    expect(filters.map(({ id }) => id).sort()).toEqual(expected.sort());
    for (const { id, pattern, metric } of filters) {
      const users = [
        ...new Set([...pattern.matchAll(/Pipeline(\w+?)Role[0-9A-F]/g)].map(([, name]) => name?.toLowerCase())),
      ];
      expect(users.sort(), id).toEqual(EXPECTED_USERS[id]);
      // The most that a filter takes (CloudWatch Logs quotas), with names of IAM's longest.
      expect(pattern.replaceAll(/\{"(Ref|Fn::[^}]*)[^}]*\}/g, "x".repeat(64)).length, id).toBeLessThan(1024);
      // A user and the root user have no role.
      expect(pattern, id).toContain("sessionIssuer.userName NOT EXISTS");
      expect(metric, id).toMatchObject({ MetricNamespace: `Referendum/${stage}`, MetricName: "UnexpectedAccess" });
    }
  });
});
