import { describe, expect, it } from "vitest";
import { settingsOf } from "../../infra/stages.ts";
import type { Grants } from "../support/function-grants.ts";
import { allowedToRole } from "./support/grants.ts";
import { at, functionNamed, listAt, ofType, synthesize, theOnlyOfApi } from "./support/synth.ts";

const ROLES = ["Reader", "Operator", "Approver", "BreakGlass"] as const;
type Role = (typeof ROLES)[number];

const LOOKS = ["looks", "roll-looks"];
/** Carrying out what was approved. */
const APPROVED = ["approved", "roll-approved"];
const ALL_OF_A_QUEUE = [
  ...["SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl"],
  ...["PurgeQueue", "StartMessageMoveTask", "CancelMessageMoveTask"],
  ...["SetQueueAttributes", "AddPermission", "RemovePermission", "DeleteQueue"],
];
/** Everybody knows where the API is, and looks at metrics and alarms. */
const EVERYBODY: Grants = {
  "cloudformation:DescribeStacks": ["stack"],
  "cloudwatch:DescribeAlarms": ["*"],
  "cloudwatch:GetMetricData": ["*"],
};
/** What each role may do, and nothing else. */
const MAY: Readonly<Record<Role, Grants>> = {
  Reader: { "execute-api:Invoke": LOOKS, ...EVERYBODY },
  Operator: { "execute-api:Invoke": ["acts", ...APPROVED, ...LOOKS, "rolls"], ...EVERYBODY },
  Approver: { "execute-api:Invoke": ["approvals", ...APPROVED, ...LOOKS], ...EVERYBODY },
  BreakGlass: {
    "execute-api:Invoke": ["acts", "approvals", ...APPROVED, ...LOOKS, "rolls"],
    ...EVERYBODY,
    ...Object.fromEntries(
      ALL_OF_A_QUEUE.map((action) => [`sqs:${action}`, ["outcomes", "outcomes-dlq", "votes", "votes-dlq"]]),
    ),
  },
};

describe.each(["dev", "prod"] as const)("people of stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const roleOf = (name: Role, of = synthesized) => {
    const found = ofType(of, "AWS::IAM::Role").find((it) => it.logicalId.startsWith(`PipelinePeople${name}`));
    if (found === undefined) throw new Error(`no role ${name}`);
    return found;
  };
  const trustOf = (name: Role, of = synthesized) =>
    at(roleOf(name, of).properties, "AssumeRolePolicyDocument", "Statement");

  it.each(ROLES)("%s may use the door's groups of acts that the table says, and nothing else", (name) => {
    const grants = allowedToRole(synthesized, `PipelinePeople${name}`);
    expect(grants).toEqual(
      Object.fromEntries(Object.entries(MAY[name]).map(([action, names]) => [action, [...names].sort()])),
    );
    expect(roleOf(name).properties).not.toHaveProperty("ManagedPolicyArns");
  });

  it("nobody but the break-glass role may use anything behind the door", () => {
    for (const name of ["Reader", "Operator", "Approver"] as const) {
      const actions = Object.keys(allowedToRole(synthesized, `PipelinePeople${name}`));
      expect(actions.filter((action) => /^(sqs|dynamodb|secretsmanager|kms|rds-db|lambda):/.test(action))).toEqual([]);
    }
  });

  it.each(ROLES)("%s looks at metrics and alarms of the stage's region only", (name) => {
    const statements = ofType(synthesized, "AWS::IAM::Policy")
      .filter((policy) => JSON.stringify(policy.properties["Roles"]).includes(`PipelinePeople${name}`))
      .flatMap((policy) => listAt(policy.properties, "PolicyDocument", "Statement"))
      .filter((statement) => JSON.stringify(at(statement, "Action")).includes("cloudwatch:"));
    expect(statements).toEqual([
      {
        Action: ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"],
        Effect: "Allow",
        Resource: "*",
        Condition: { StringEquals: { "aws:RequestedRegion": expect.anything() } },
      },
    ]);
  });

  it.each(ROLES)("%s has sessions of the person's name only", (name) => {
    expect(trustOf(name)).toEqual([
      {
        Action: "sts:AssumeRole",
        Effect: "Allow",
        Principal: { AWS: expect.anything() },
        Condition: { StringEquals: { "sts:RoleSessionName": `\${aws:username}` } },
      },
    ]);
    for (const service of ["operate", "roll"]) {
      const pinned = at(functionNamed(synthesized, service).properties, "Environment", "Variables", "PINNED_ROLES");
      expect(JSON.stringify(pinned), service).toContain(`{"Ref":"${roleOf(name).logicalId}"}`);
    }
  });

  it("are the only ones whom the door takes requests of, whatever other roles of the account allow", () => {
    const { properties } = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::RestApi");
    expect(listAt(properties, "Policy", "Statement")).toEqual([
      {
        Sid: "OnlyRolesOfPeople",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "execute-api:Invoke",
        Resource: "execute-api:/*",
        Condition: {
          ArnNotLike: {
            "aws:PrincipalArn": ROLES.map((name) => ({ "Fn::GetAtt": [roleOf(name).logicalId, "Arn"] })),
          },
        },
      },
    ]);
    // A role that had a path, or waited for the API, would break the rule or the deployment.
    for (const name of ROLES) {
      expect(roleOf(name).properties).not.toHaveProperty("Path");
      expect(JSON.stringify(roleOf(name)), name).not.toContain("OperatorsApi");
    }
  });

  it("can have names of an identity provider, or none that are checked where one person decides", () => {
    const person = `\${aws:PrincipalTag/person}`;
    const tagged = synthesize(stage, {
      aws: { access: { sessionName: person, approvers: ["arn:aws:iam::1:role/a"] } },
    });
    expect(trustOf("Approver", tagged)).toMatchObject([
      { Principal: { AWS: "arn:aws:iam::1:role/a" }, Condition: { StringEquals: { "sts:RoleSessionName": person } } },
    ]);
    const open = synthesize(stage, { twoPeople: false, aws: { access: { sessionName: "any" } } });
    expect(JSON.stringify(trustOf("Approver", open))).not.toContain("Condition");
    const variables = at(functionNamed(open, "operate").properties, "Environment", "Variables");
    expect(at(variables, "PINNED_ROLES")).toBe("");
  });

  it("an alarm tells when the break-glass role comes to the door", () => {
    const filter = ofType(synthesized, "AWS::Logs::MetricFilter").find((it) =>
      it.logicalId.startsWith("PipelineOperatorsAccessLogUnexpectedCaller"),
    );
    expect(JSON.stringify(filter?.properties["FilterPattern"])).toContain(roleOf("BreakGlass").logicalId);
    const { properties } = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::Stage");
    const logOfApi = JSON.stringify(at(properties, "AccessLogSetting", "DestinationArn"));
    expect(logOfApi).toContain(String(at(filter?.properties, "LogGroupName", "Ref")));
    const alarm = ofType(synthesized, "AWS::CloudWatch::Alarm").find(
      (it) => it.properties["AlarmName"] === `referendum-${stage}-unexpected-access`,
    );
    expect(at(filter?.properties, "MetricTransformations", 0)).toMatchObject({
      MetricName: alarm?.properties["MetricName"],
      MetricNamespace: alarm?.properties["Namespace"],
    });
  });
});

describe("the setting of session names", () => {
  it.each(["", "username", "*", `x\${aws:username}`, `\${aws:username}*`])(
    "is not %j, which would let anybody be anybody",
    (sessionName) => {
      expect(() => settingsOf("dev", { aws: { access: { sessionName } } })).toThrow(/sessionName/);
    },
  );

  it("is not `any` where two people are needed, because nobody could approve", () => {
    expect(() => settingsOf("prod", { aws: { access: { sessionName: "any" } } })).toThrow(
      /nobody can approve.*aws\.access\.sessionName/s,
    );
  });
});
