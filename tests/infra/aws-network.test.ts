import { describe, expect, it, vi } from "vitest";
import type { Member } from "../../infra/constructs/data/network.ts";
import { CONNECTIONS } from "../../infra/stacks/network-stack.ts";
import { settingsOf } from "../../infra/stages.ts";
import {
  at,
  functionNamed,
  listAt,
  numberAt,
  ofType,
  synthesize,
  textAt,
  theOnly,
  theOnlyOfApi,
} from "./support/synth.ts";

describe.each(["dev", "prod"] as const)("stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const { aws } = synthesized.settings;
  if (aws === undefined) throw new Error(`${stage} has no AWS settings`);

  describe("network", () => {
    it("has no way to the Internet", () => {
      const types = new Set(synthesized.resources.map((resource) => resource.type));
      for (const type of ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EgressOnlyInternetGateway"]) {
        expect(types).not.toContain(type);
      }
    });

    it("asks the account nothing, so that a deployment leaves no cdk.context.json", () => {
      vi.stubEnv("CDK_DEFAULT_ACCOUNT", "123456789012");
      try {
        expect(synthesize(stage, { logLevel: "WARN" }).asked).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
      }
    });

    it("has private subnets in three zones", () => {
      const subnets = ofType(synthesized, "AWS::EC2::Subnet");
      expect(new Set(subnets.map((subnet) => subnet.properties["AvailabilityZone"])).size).toBe(3);
      for (const subnet of subnets) expect(subnet.properties["MapPublicIpOnLaunch"]).toBe(false);
    });

    it("has endpoints for exactly what the functions call", () => {
      const services = ofType(synthesized, "AWS::EC2::VPCEndpoint").map(
        (endpoint) =>
          /(dynamodb|kms|sqs|secretsmanager|lambda|s3)/.exec(JSON.stringify(endpoint.properties["ServiceName"]))?.[1],
      );
      expect(services.sort()).toEqual(["dynamodb", "kms", "lambda", "s3", "secretsmanager", "sqs"]);
    });

    it("opens each endpoint only to principals and to resources of this account", () => {
      for (const endpoint of ofType(synthesized, "AWS::EC2::VPCEndpoint")) {
        const statements = listAt(endpoint.properties, "PolicyDocument", "Statement");
        expect(statements, endpoint.logicalId).toHaveLength(1);
        for (const statement of statements) {
          const demanded = at(statement, "Condition", "StringEquals");
          expect(at(demanded, "aws:PrincipalAccount"), endpoint.logicalId).toEqual({ Ref: "AWS::AccountId" });
          // The ARN of a bucket has no account.
          const isOfBuckets = JSON.stringify(endpoint.properties["ServiceName"]).includes(".s3");
          const named = isOfBuckets ? at(demanded, "aws:ResourceAccount") : at(statement, "Resource");
          expect(JSON.stringify(named), endpoint.logicalId).toContain("AWS::AccountId");
        }
      }
    });

    it("allows only connections between named security groups and ports, and to the prefix lists of DynamoDB and S3", () => {
      const prefixLists = [aws.network.dynamoDbPrefixListId, aws.network.s3PrefixListId];
      const groups = ofType(synthesized, "AWS::EC2::SecurityGroup");
      const memberOf = (reference: unknown) =>
        /(\w+?)Group[0-9A-F]{8}/.exec(JSON.stringify(reference))?.[1]?.toLowerCase() as Member | undefined;
      const egress = ofType(synthesized, "AWS::EC2::SecurityGroupEgress").map((rule) => rule.properties);
      const toPeers = egress.filter((rule) => rule["DestinationSecurityGroupId"] !== undefined);
      expect(
        toPeers
          .map((it) => String([memberOf(it["GroupId"]), memberOf(it["DestinationSecurityGroupId"]), it["ToPort"]]))
          .sort(),
      ).toEqual(CONNECTIONS.map(String).sort());
      for (const rule of egress.filter((it) => !toPeers.includes(it))) {
        expect(rule["ToPort"]).toBe(443);
        expect(prefixLists).toContain(rule["DestinationPrefixListId"]);
      }
      for (const group of groups) {
        expect(group.properties).not.toHaveProperty("SecurityGroupIngress");
        for (const rule of listAt(group.properties, "SecurityGroupEgress")) {
          const closed = at(rule, "CidrIp") === "255.255.255.255/32";
          expect(closed || prefixLists.includes(String(at(rule, "DestinationPrefixListId")))).toBe(true);
        }
      }
    });

    it("holds the functions that need Redis or PostgreSQL, each with a separate security group", () => {
      const used = ["validate", "aggregate", "results", "health", "operate", "roll", "migrate"].map((name) =>
        JSON.stringify(at(functionNamed(synthesized, name).properties, "VpcConfig", "SecurityGroupIds")),
      );
      expect(new Set(used).size).toBe(used.length);
    });
  });

  describe("firewall", () => {
    const acl = theOnly(synthesized, "AWS::WAFv2::WebACL").properties;
    const rules = listAt(acl, "Rules");

    it("answers a client over its limit with 429 and Retry-After", () => {
      const limits = rules.filter((rule) => at(rule, "Statement", "RateBasedStatement") !== undefined);
      // Two of those who come directly, two of those who come through the pages.
      expect(limits).toHaveLength(4);
      for (const rule of limits) {
        expect(at(rule, "Action", "Block", "CustomResponse")).toMatchObject({
          ResponseCode: 429,
          ResponseHeaders: [{ Name: "Retry-After", Value: "60" }],
        });
      }
      const body: unknown = JSON.parse(textAt(acl, "CustomResponseBodies", "tooManyRequests", "Content"));
      expect(body).toMatchObject({ status: 429, title: "Too many requests" });
    });

    it("does not refuse 5,000 people at one address who vote on three laws within five minutes", () => {
      const limit = (name: string) => {
        const rule = rules.find((it) => at(it, "Name") === name);
        expect(at(rule, "Statement", "RateBasedStatement")).toMatchObject({
          // Of a shared address no header tells who is who: browsers of one kind send the same User-Agent.
          AggregateKeyType: "IP",
          EvaluationWindowSec: 300,
        });
        return numberAt(rule, "Statement", "RateBasedStatement", "Limit");
      };
      expect(limit("votes-per-address")).toBeGreaterThanOrEqual(5_000 * 3);
      // Each vote, a look at the law before it, two at its receipt after it.
      expect(limit("requests-per-address")).toBeGreaterThanOrEqual(5_000 * 3 * 4);
    });

    it("limits each address to less than a tenth of the votes that the API takes", () => {
      const votes = rules.find((rule) => at(rule, "Name") === "votes-per-address");
      const perSecond = numberAt(votes, "Statement", "RateBasedStatement", "Limit") / 300;
      expect(perSecond).toBeLessThan(settingsOf("prod").api.throttleRate / 10);
    });

    it("names its metrics by its stage, as its alarms do", () => {
      expect(at(acl, "VisibilityConfig", "MetricName")).toBe(`referendum-${stage}`);
    });

    it("lets managed rules that could meet a proper vote only count", () => {
      const counted = rules.flatMap((rule) =>
        listAt(rule, "Statement", "ManagedRuleGroupStatement", "RuleActionOverrides")
          .filter((override) => at(override, "ActionToUse", "Count") !== undefined)
          .map((override) => at(override, "Name")),
      );
      expect(counted).toEqual(
        expect.arrayContaining(["SizeRestrictions_BODY", "NoUserAgent_HEADER", "AWSManagedIPReputationList"]),
      );
    });

    it("stands before the API", () => {
      expect(theOnly(synthesized, "AWS::WAFv2::WebACLAssociation").properties).toHaveProperty("ResourceArn");
    });
  });
});

describe("settings of prod", () => {
  it("can put the API under its own name, with client certificates, and then close AWS's name for it", () => {
    const domain = {
      name: "vote.example.org",
      certificateArn: "arn:aws:acm:ca-central-1:111111111111:certificate/00000000-0000-0000-0000-000000000000",
      mutualTlsTruststore: "s3://truststore/authorities.pem",
    };
    const synthesized = synthesize("prod", { aws: { domain, pages: { enabled: false } } });
    expect(theOnly(synthesized, "AWS::ApiGateway::DomainName").properties).toMatchObject({
      DomainName: "vote.example.org",
      SecurityPolicy: "TLS_1_2",
      MutualTlsAuthentication: { TruststoreUri: "s3://truststore/authorities.pem" },
    });
    expect(
      theOnlyOfApi(synthesized, "voters", "AWS::ApiGateway::RestApi").properties["DisableExecuteApiEndpoint"],
    ).toBe(true);
    expect(synthesized.outputs.get("ApiUrl")).toBe("https://vote.example.org/");
  });

  it("warm ingest up for a voting day, let load generators through and tell people", () => {
    const synthesized = synthesize("prod", {
      aws: {
        ingestConcurrency: {
          votingDay: { minimum: 100, start: "cron(0 5 22 11 ? 2027)", end: "cron(0 5 23 11 ? 2027)" },
        },
        waf: { loadGeneratorCidrs: ["192.0.2.0/24"] },
        alarms: { emails: ["operations@example.org"] },
      },
    });
    const target = theOnly(synthesized, "AWS::ApplicationAutoScaling::ScalableTarget").properties;
    expect(listAt(target, "ScheduledActions")).toHaveLength(2);
    expect(at(theOnly(synthesized, "AWS::WAFv2::WebACL").properties, "Rules", 0, "Action")).toEqual({ Allow: {} });
    expect(theOnly(synthesized, "AWS::SNS::Subscription").properties["Endpoint"]).toBe("operations@example.org");
  });
});
