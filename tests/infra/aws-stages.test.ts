import { describe, expect, it } from "vitest";
import { DATABASE_FUNCTIONS } from "../../infra/functions.ts";
import { REDIS_USER_NAMES, REDIS_USERS } from "../../shared/domain/redis-users.ts";
import { at, functionNamed, listAt, ofType, synthesize, theOnly } from "./support/synth.ts";

const STACKS = ["Network", "Data", "Pipeline", "Edge", "Observability", "Pages"];

const HOLDS_DATA = ["AWS::DynamoDB::Table", "AWS::RDS::DBInstance", "AWS::KMS::Key", "AWS::SecretsManager::Secret"];
/**
 * What stays by CDK's own choice and blocks nothing: versions of functions, whose numbers are never used again, and the
 * role that API Gateway writes logs with, which is one for all APIs of an account and has no fixed name.
 */
const STAYS = /^AWS::Lambda::Version$|^PipelineFrontApi(CloudWatchRole|Account)/;
/** Properties that protect a resource from being deleted. */
const PROTECTIONS = ["DeletionProtection", "DeletionProtectionEnabled", "ObjectLockEnabled"];
/**
 * CloudFormation makes a snapshot of these unless it is told to delete them (User Guide, "DeletionPolicy attribute").
 */
const TYPES_KEPT_BY_DEFAULT = ["AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup"];

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

    it("is in two zones, encrypted and backed up, and on prod is not deleted by mistake", () => {
      expect(properties).toMatchObject({
        MultiAZ: true,
        StorageEncrypted: true,
        BackupRetentionPeriod: 35,
        DeletionProtection: stage === "prod",
        PubliclyAccessible: false,
        EnableIAMDatabaseAuthentication: true,
        ManageMasterUserPassword: true,
        DatabaseInsightsMode: "advanced",
        DBName: "election_db",
      });
      expect(deletionPolicy).toBe(stage === "prod" ? "RetainExceptOnCreate" : "Delete");
    });

    it("takes TLS only and writes nothing of a vote to its log: no parameters, no rows, no lock made of a hash", () => {
      expect(at(theOnly(synthesized, "AWS::RDS::DBParameterGroup").properties, "Parameters")).toMatchObject({
        "rds.force_ssl": "1",
        log_parameter_max_length: "0",
        log_parameter_max_length_on_error: "0",
        log_lock_waits: "0",
        log_error_verbosity: "terse",
        log_min_error_statement: "panic",
        max_connections: String(aws.database.maxConnections),
      });
    });

    it("can be replaced by a restored instance of the same name: no policy and no output names this one", () => {
      const instance = theOnly(synthesized, "AWS::RDS::DBInstance").logicalId;
      const logins = ofType(synthesized, "AWS::IAM::Policy").flatMap((policy) =>
        listAt(policy.properties, "PolicyDocument", "Statement").filter((it) => at(it, "Action") === "rds-db:connect"),
      );
      const toInstance = logins.filter((it) => !JSON.stringify(at(it, "Resource")).includes("DatabaseProxy"));
      const users = toInstance
        .flatMap((it) => listAt(it, "Resource"))
        .map((it) => /dbuser:(.*)\/(\w+)"/.exec(JSON.stringify(it)));
      // The proxy's role and migrate's.
      expect(users.map((it) => it?.[2]).sort()).toEqual([
        "election_user",
        "referendum_log",
        "referendum_operate",
        "referendum_reader",
        "referendum_roll",
        "referendum_writer",
      ]);
      for (const user of users) expect(user?.[1]).toBe("db-*");
      const everything = JSON.stringify([synthesized.resources, ...synthesized.outputs]);
      expect(everything).not.toContain("DbiResourceId");
      // Its secret is read by the first migration only; operators would be told of one that is gone.
      expect([...synthesized.outputs.keys()].filter((name) => /DatabaseSecret/.test(name))).toEqual([]);
      expect(everything).toContain(`${instance}"`);
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
      expect(role("operate")).toMatchObject({ DATABASE_USER: "referendum_operate", DATABASE_AUTH: "iam" });
      expect(role("roll")).toMatchObject({ DATABASE_USER: "referendum_roll", DATABASE_AUTH: "iam" });
      expect(role("migrate")).toMatchObject({ DATABASE_USER: "election_user" });
      expect(role("migrate")).toHaveProperty("DATABASE_ADMIN_SECRET_ARN");
      for (const name of DATABASE_FUNCTIONS) {
        expect(role(name)).not.toHaveProperty("DATABASE_URL");
      }
    });
  });

  describe("ElastiCache", () => {
    const { properties } = theOnly(synthesized, "AWS::ElastiCache::ReplicationGroup");

    it("is one shard with replicas that take over, over TLS and with users", () => {
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
      expect(properties).not.toHaveProperty("AuthToken");
      expect(properties["UserGroupIds"]).toEqual([
        { Ref: theOnly(synthesized, "AWS::ElastiCache::UserGroup").logicalId },
      ]);
    });

    it("has a user for each purpose, each with a password from a secret, and nobody who does not log in", () => {
      const users = new Map(
        ofType(synthesized, "AWS::ElastiCache::User").map((it) => [String(it.properties["UserName"]), it.properties]),
      );
      expect([...users.keys()].sort()).toEqual(["default", "health", "operate", "roll", "validate"]);
      expect(users.get("default")?.["AccessString"]).toBe("off -@all");
      for (const name of REDIS_USER_NAMES) {
        expect(users.get(name)?.["AccessString"]).toBe(`on ${REDIS_USERS[name].join(" ")}`);
        expect(JSON.stringify(users.get(name)?.["AuthenticationMode"])).toMatch(
          new RegExp(`resolve:secretsmanager:.*RollCachePassword${name}`),
        );
      }
      for (const name of REDIS_USER_NAMES) {
        const variables = at(functionNamed(synthesized, name).properties, "Environment", "Variables");
        expect(at(variables, "REDIS_USER")).toBe(name);
      }
    });

    it("evicts nothing and keeps buckets in listpacks", () => {
      expect(at(theOnly(synthesized, "AWS::ElastiCache::ParameterGroup").properties, "Properties")).toMatchObject({
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-entries": "512",
      });
    });

    it("is reached with TLS", () => {
      for (const name of REDIS_USER_NAMES) {
        const url = at(functionNamed(synthesized, name).properties, "Environment", "Variables", "REDIS_URL");
        expect(JSON.stringify(url)).toContain("rediss://");
      }
    });
  });

  const holdsData = synthesized.resources.filter((it) => HOLDS_DATA.includes(it.type));

  if (stage === "prod") {
    it("keeps what must survive, and protects its stack", () => {
      const data = synthesized.stacks.find((stack) => stack.name.endsWith("-Data"));
      expect(data?.terminationProtection).toBe(true);
      expect(new Set(holdsData.map((it) => it.type))).toEqual(new Set(HOLDS_DATA));
      for (const resource of holdsData) {
        // Not when its creation is rolled back: names are fixed, and a first deployment that failed must be repeatable.
        expect(resource.deletionPolicy, resource.logicalId).toBe("RetainExceptOnCreate");
      }
      for (const table of ofType(synthesized, "AWS::DynamoDB::Table")) {
        expect(table.properties["DeletionProtectionEnabled"]).toBe(true);
      }
    });

    it("does not keep resources after their creation was rolled back", () => {
      const kept = synthesized.resources.filter((it) => it.deletionPolicy === "Retain");
      expect(kept.filter((it) => !STAYS.test(it.type) && !STAYS.test(it.logicalId)).map((it) => it.logicalId)).toEqual(
        [],
      );
    });
  } else {
    it("keeps nothing and protects nothing: it is taken down and put up again", () => {
      expect(synthesized.stacks.filter((stack) => stack.terminationProtection)).toEqual([]);
      for (const resource of synthesized.resources) {
        if (STAYS.test(resource.type) || STAYS.test(resource.logicalId)) continue;
        expect([undefined, "Delete"], resource.logicalId).toContain(resource.deletionPolicy);
        expect(resource.properties["DeletionProtection"] ?? false, resource.logicalId).toBe(false);
        expect(resource.properties["DeletionProtectionEnabled"] ?? false, resource.logicalId).toBe(false);
      }
      expect(theOnly(synthesized, "AWS::RDS::DBInstance").properties["DeleteAutomatedBackups"]).toBe(true);
      for (const type of TYPES_KEPT_BY_DEFAULT) {
        for (const resource of synthesized.resources.filter((it) => it.type === type)) {
          expect(resource.deletionPolicy, resource.logicalId).toBe("Delete");
        }
      }
    });
  }

  it("can restore tables to a point in time, and changes its keys every year", () => {
    for (const table of ofType(synthesized, "AWS::DynamoDB::Table")) {
      expect(at(table.properties, "PointInTimeRecoverySpecification")).toEqual({
        PointInTimeRecoveryEnabled: true,
        RecoveryPeriodInDays: 35,
      });
    }
    for (const { properties } of ofType(synthesized, "AWS::KMS::Key")) {
      // What signs the logs cannot be changed: each of them has one key for its life.
      expect(properties["EnableKeyRotation"] ?? properties["KeyUsage"]).toEqual(
        properties["KeySpec"] === "ECC_NIST_EDWARDS25519" ? "SIGN_VERIFY" : true,
      );
    }
  });

  it("asks its own health every minute, votes or none", () => {
    expect(scheduleOf("HealthAlias")).toBe("rate(1 minute)");
  });

  it("continues the public logs every minute", () => {
    expect(scheduleOf("LogAlias")).toBe("rate(1 minute)");
  });

  function scheduleOf(target: string): unknown {
    const rules = ofType(synthesized, "AWS::Events::Rule").map(({ properties }) => properties);
    expect(rules, "of health, log and operate").toHaveLength(3);
    return rules.find((rule) => JSON.stringify(at(rule, "Targets", 0, "Arn")).includes(target))?.["ScheduleExpression"];
  }

  it("keeps ingest warm", () => {
    expect(theOnly(synthesized, "AWS::ApplicationAutoScaling::ScalableTarget").properties).toMatchObject({
      MinCapacity: aws.ingestConcurrency.minimum,
      MaxCapacity: aws.ingestConcurrency.maximum,
    });
  });
});

it("prod can be told to protect nothing: as it is put up at first, and taken down at last", () => {
  const { stacks, resources } = synthesize("prod", { aws: { protectData: false } });
  const { resources: asIs } = synthesize("prod");
  expect(asIs.filter((it) => PROTECTIONS.some((name) => it.properties[name] === true)).length).toBeGreaterThan(3);
  expect(stacks.filter((stack) => stack.terminationProtection)).toEqual([]);
  for (const { logicalId, type, properties, deletionPolicy } of resources) {
    if (STAYS.test(type) || STAYS.test(logicalId)) continue;
    expect([undefined, "Delete"], logicalId).toContain(deletionPolicy);
    for (const name of PROTECTIONS) expect(properties[name] ?? false, logicalId).toBe(false);
  }
  // The second deployment changes no name and replaces nothing.
  const names = (of: typeof resources) => of.map((it) => it.logicalId).filter((id) => !/AutoDelete/.test(id));
  expect(names(resources)).toEqual(expect.arrayContaining(names(asIs)));
});
