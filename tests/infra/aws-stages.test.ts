import { describe, expect, it } from "vitest";
import { at, functionNamed, listAt, ofType, synthesize, theOnly } from "./support/synth.ts";

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
