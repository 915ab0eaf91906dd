import { describe, expect, it } from "vitest";
import { CONNECTIONS, type Member } from "../../infra/stacks/network-stack.ts";
import { at, functionNamed, listAt, numberAt, ofType, synthesize, textAt, theOnly } from "./support/synth.ts";

const STACKS = ["Network", "Data", "Pipeline", "Edge", "Observability"];

describe.each(["dev", "prod"] as const)("stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const { aws } = synthesized.settings;
  if (aws === undefined) throw new Error(`${stage} has no AWS settings`);

  it("has a stack for each kind of thing, in the order of their dependencies", () => {
    expect(synthesized.stacks.map((stack) => stack.name)).toEqual(STACKS.map((it) => `Referendum-${stage}-${it}`));
  });

  it("cdk-nag and CloudFormation's own rules find nothing, and every acceptance gives a reason", () => {
    expect(synthesized.report.map((plugin) => plugin.pluginName)).toContain("AwsSolutions");
    for (const plugin of synthesized.report) {
      expect(
        plugin.violations.map((it) => `${it.ruleName}: ${it.description}`),
        plugin.pluginName,
      ).toEqual([]);
      if (plugin.pluginName !== "AwsSolutions") continue;
      for (const accepted of plugin.suppressedViolations) {
        expect(accepted.reason?.length ?? 0, accepted.ruleName).toBeGreaterThan(60);
      }
    }
  });

  describe("network", () => {
    it("has no way to the Internet", () => {
      const types = new Set(synthesized.resources.map((resource) => resource.type));
      for (const type of ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EgressOnlyInternetGateway"]) {
        expect(types).not.toContain(type);
      }
    });

    it("has private subnets in three zones", () => {
      const subnets = ofType(synthesized, "AWS::EC2::Subnet");
      expect(new Set(subnets.map((subnet) => subnet.properties["AvailabilityZone"])).size).toBe(3);
      for (const subnet of subnets) expect(subnet.properties["MapPublicIpOnLaunch"]).toBe(false);
    });

    it("has endpoints for exactly what the functions call", () => {
      const services = ofType(synthesized, "AWS::EC2::VPCEndpoint").map(
        (endpoint) => /(dynamodb|sqs|secretsmanager)/.exec(JSON.stringify(endpoint.properties["ServiceName"]))?.[1],
      );
      expect(services.sort()).toEqual(["dynamodb", "secretsmanager", "sqs"]);
    });

    it("opens endpoints only to principals of its own account", () => {
      for (const endpoint of ofType(synthesized, "AWS::EC2::VPCEndpoint")) {
        for (const statement of listAt(endpoint.properties, "PolicyDocument", "Statement")) {
          expect(at(statement, "Condition", "StringEquals", "aws:PrincipalAccount")).toEqual({ Ref: "AWS::AccountId" });
          expect(at(statement, "Resource")).not.toBe("*");
        }
      }
    });

    it("names the peer and the port of every connection, and addresses only by DynamoDB's prefix list", () => {
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
        expect(rule).toMatchObject({ DestinationPrefixListId: aws.network.dynamoDbPrefixListId, ToPort: 443 });
      }
      for (const group of groups) {
        expect(group.properties).not.toHaveProperty("SecurityGroupIngress");
        for (const rule of listAt(group.properties, "SecurityGroupEgress")) {
          const closed = at(rule, "CidrIp") === "255.255.255.255/32";
          expect(closed || at(rule, "DestinationPrefixListId") === aws.network.dynamoDbPrefixListId).toBe(true);
        }
      }
    });

    it("holds the functions that need Redis or PostgreSQL, each with a group of its own", () => {
      const used = ["validate", "aggregate", "results", "health", "migrate"].map((name) =>
        JSON.stringify(at(functionNamed(synthesized, name).properties, "VpcConfig", "SecurityGroupIds")),
      );
      expect(new Set(used).size).toBe(used.length);
    });
  });

  describe("PostgreSQL", () => {
    const { properties, deletionPolicy } = theOnly(synthesized, "AWS::RDS::DBInstance");

    it("stands in two zones, encrypted, backed up, and is not deleted by mistake", () => {
      expect(properties).toMatchObject({
        MultiAZ: true,
        StorageEncrypted: true,
        BackupRetentionPeriod: 35,
        DeletionProtection: true,
        PubliclyAccessible: false,
        EnableIAMDatabaseAuthentication: true,
        ManageMasterUserPassword: true,
        DatabaseInsightsMode: "advanced",
        DBName: "election_db",
      });
      expect(deletionPolicy).toBe("Retain");
    });

    it("takes TLS only and writes no parameters to its log", () => {
      expect(at(theOnly(synthesized, "AWS::RDS::DBParameterGroup").properties, "Parameters")).toMatchObject({
        "rds.force_ssl": "1",
        log_parameter_max_length: "0",
        log_parameter_max_length_on_error: "0",
        max_connections: String(aws.database.maxConnections),
      });
    });

    it("is reached through a proxy, by tokens of IAM and with TLS", () => {
      expect(theOnly(synthesized, "AWS::RDS::DBProxy").properties).toMatchObject({
        DefaultAuthScheme: "IAM_AUTH",
        RequireTLS: true,
      });
      const role = (name: string) => at(functionNamed(synthesized, name).properties, "Environment", "Variables");
      expect(role("aggregate")).toMatchObject({ DATABASE_USER: "referendum_writer", DATABASE_AUTH: "iam" });
      expect(role("results")).toMatchObject({ DATABASE_USER: "referendum_reader" });
      expect(role("health")).toMatchObject({ DATABASE_USER: "referendum_reader" });
      expect(role("migrate")).toHaveProperty("DATABASE_ADMIN_SECRET_ARN");
      for (const name of ["aggregate", "results", "health", "migrate"]) {
        expect(role(name)).not.toHaveProperty("DATABASE_URL");
      }
    });
  });

  describe("ElastiCache", () => {
    const { properties } = theOnly(synthesized, "AWS::ElastiCache::ReplicationGroup");

    it("is one shard with replicas that take over, over TLS and with a password", () => {
      expect(properties).toMatchObject({
        Engine: "valkey",
        NumCacheClusters: 3,
        AutomaticFailoverEnabled: true,
        MultiAZEnabled: true,
        TransitEncryptionEnabled: true,
        TransitEncryptionMode: "required",
        AtRestEncryptionEnabled: true,
      });
      expect(properties).not.toHaveProperty("NumNodeGroups");
      expect(JSON.stringify(properties["AuthToken"])).toContain("{{resolve:secretsmanager:");
    });

    it("evicts nothing and keeps buckets in listpacks", () => {
      expect(at(theOnly(synthesized, "AWS::ElastiCache::ParameterGroup").properties, "Properties")).toMatchObject({
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-entries": "512",
      });
    });

    it("is reached with TLS", () => {
      for (const name of ["validate", "health"]) {
        const url = at(functionNamed(synthesized, name).properties, "Environment", "Variables", "REDIS_URL");
        expect(JSON.stringify(url)).toContain("rediss://");
      }
    });
  });

  it("keeps what must survive, and protects its stack", () => {
    const data = synthesized.stacks.find((stack) => stack.name.endsWith("-Data"));
    expect(data?.terminationProtection).toBe(true);
    const keeps = ["AWS::DynamoDB::Table", "AWS::RDS::DBInstance", "AWS::KMS::Key", "AWS::SecretsManager::Secret"];
    for (const resource of synthesized.resources.filter((it) => keeps.includes(it.type))) {
      expect(resource.deletionPolicy, resource.logicalId).toBe("Retain");
    }
    for (const table of ofType(synthesized, "AWS::DynamoDB::Table")) {
      expect(table.properties).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
    expect(theOnly(synthesized, "AWS::KMS::Key").properties["EnableKeyRotation"]).toBe(true);
  });

  describe("firewall", () => {
    const acl = theOnly(synthesized, "AWS::WAFv2::WebACL").properties;
    const rules = listAt(acl, "Rules");

    it("answers a client over its limit with 429 and Retry-After", () => {
      const limits = rules.filter((rule) => at(rule, "Statement", "RateBasedStatement") !== undefined);
      expect(limits).toHaveLength(2);
      for (const rule of limits) {
        expect(at(rule, "Action", "Block", "CustomResponse")).toMatchObject({
          ResponseCode: 429,
          ResponseHeaders: [{ Name: "Retry-After", Value: "60" }],
        });
      }
      const body: unknown = JSON.parse(textAt(acl, "CustomResponseBodies", "tooManyRequests", "Content"));
      expect(body).toMatchObject({ status: 429, title: "Too many requests" });
    });

    it("tells voters behind one address apart by more than the address", () => {
      const narrow = rules.find((rule) => at(rule, "Name") === "votes-per-client");
      expect(listAt(narrow, "Statement", "RateBasedStatement", "CustomKeys")).toHaveLength(2);
      const wide = rules.find((rule) => at(rule, "Name") === "requests-per-address");
      expect(numberAt(wide, "Statement", "RateBasedStatement", "Limit")).toBeGreaterThan(
        10 * numberAt(narrow, "Statement", "RateBasedStatement", "Limit"),
      );
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

  describe("a deployment", () => {
    const trigger = theOnly(synthesized, "Custom::Trigger");
    const waitsFor = (logicalId: string): boolean => {
      const resource = synthesized.resources.find((it) => it.logicalId === logicalId);
      return resource?.dependsOn.includes(trigger.logicalId) ?? false;
    };

    it("migrates before anything that needs the schema, and before a vote can arrive", () => {
      for (const mapping of ofType(synthesized, "AWS::Lambda::EventSourceMapping")) {
        expect(waitsFor(mapping.logicalId), mapping.logicalId).toBe(true);
      }
      expect(waitsFor(theOnly(synthesized, "AWS::ApiGateway::Stage").logicalId)).toBe(true);
      for (const name of ["aggregate", "results", "health"]) {
        const { logicalId } = functionNamed(synthesized, name);
        const alias = ofType(synthesized, "AWS::Lambda::Alias").find(
          (it) => at(it.properties, "FunctionName", "Ref") === logicalId,
        );
        expect(waitsFor(String(alias?.logicalId)), name).toBe(true);
      }
    });

    it("waits for the migration and fails with it", () => {
      expect(trigger.properties["InvocationType"]).toBe("RequestResponse");
      expect(JSON.stringify(trigger.properties["HandlerArn"])).toContain("Migrate");
    });

    it("shifts the vote path gradually and goes back when an alarm says so", () => {
      const groups = ofType(synthesized, "AWS::CodeDeploy::DeploymentGroup");
      expect(groups).toHaveLength(3);
      for (const group of groups) {
        expect(JSON.stringify(group.properties["DeploymentConfigName"])).toContain("LambdaCanary10Percent5Minutes");
        expect(at(group.properties, "AlarmConfiguration", "Enabled")).toBe(true);
        expect(listAt(group.properties, "AutoRollbackConfiguration", "Events")).toContain("DEPLOYMENT_STOP_ON_ALARM");
      }
    });
  });

  it("asks its own health every minute, votes or none", () => {
    const rule = theOnly(synthesized, "AWS::Events::Rule").properties;
    expect(rule["ScheduleExpression"]).toBe("rate(1 minute)");
    expect(JSON.stringify(at(rule, "Targets", 0, "Arn"))).toContain("HealthAlias");
  });

  it("traces every function of the application and keeps ingest warm", () => {
    for (const name of ["ingest", "validate", "aggregate", "results", "receipt", "health", "migrate", "fallback"]) {
      expect(at(functionNamed(synthesized, name).properties, "TracingConfig", "Mode")).toBe("Active");
    }
    expect(theOnly(synthesized, "AWS::ApplicationAutoScaling::ScalableTarget").properties).toMatchObject({
      MinCapacity: aws.ingestConcurrency.minimum,
      MaxCapacity: aws.ingestConcurrency.maximum,
    });
  });
});

describe("settings of prod", () => {
  it("put the API under its own name, with client certificates, and close the other one", () => {
    const domain = {
      name: "vote.example.org",
      certificateArn: "arn:aws:acm:ca-central-1:111111111111:certificate/00000000-0000-0000-0000-000000000000",
      mutualTlsTruststore: "s3://truststore/authorities.pem",
    };
    const synthesized = synthesize("prod", { aws: { domain } });
    expect(theOnly(synthesized, "AWS::ApiGateway::DomainName").properties).toMatchObject({
      DomainName: "vote.example.org",
      SecurityPolicy: "TLS_1_2",
      MutualTlsAuthentication: { TruststoreUri: "s3://truststore/authorities.pem" },
    });
    expect(theOnly(synthesized, "AWS::ApiGateway::RestApi").properties["DisableExecuteApiEndpoint"]).toBe(true);
    expect(synthesized.outputs.get("ApiUrl")).toBe("https://vote.example.org/");
  });

  it("add endpoints for operators' machines, and nothing for the functions", () => {
    const without = synthesize("prod");
    const synthesized = synthesize("prod", { aws: { network: { operatorEndpoints: true } } });
    const count = (of: typeof without) => ofType(of, "AWS::EC2::VPCEndpoint").length;
    expect(count(synthesized) - count(without)).toBe(5);
    const toS3 = synthesized.resources.filter((it) => it.properties["DestinationPrefixListId"] === "pl-7da54014");
    expect(toS3.map((rule) => JSON.stringify(rule.properties["GroupId"]))).toEqual([
      expect.stringContaining("OperatorsGroup"),
    ]);
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
