import { describe, expect, it } from "vitest";
import { copiesKeptDays } from "../../infra/constructs/common/copies-kept-days.ts";
import { at, listAt, ofType, synthesize } from "./support/synth.ts";

// What the certificate of a destruction says of copies is what the templates make the services keep.

describe.each(["dev", "prod"] as const)("the copies of %s", (stage) => {
  const synthesized = synthesize(stage);
  const { settings } = synthesized;
  const days = copiesKeptDays(settings);

  it("are kept for as long as the certificate of a destruction says", () => {
    const [database] = ofType(synthesized, "AWS::RDS::DBInstance");
    expect(database?.properties["BackupRetentionPeriod"]).toBe(days.database_backups);
    for (const { properties } of ofType(synthesized, "AWS::DynamoDB::Table")) {
      expect(at(properties, "PointInTimeRecoverySpecification", "RecoveryPeriodInDays")).toBe(days.receipt_backups);
    }
    const [redis] = ofType(synthesized, "AWS::ElastiCache::ReplicationGroup");
    expect(Number(redis?.properties["SnapshotRetentionLimit"]) + 1).toBe(days.redis_snapshots);
    const queues = ofType(synthesized, "AWS::SQS::Queue").map(({ properties }) => properties["MessageRetentionPeriod"]);
    expect(Math.max(...queues.map(Number))).toBe(Number(days.queued_messages) * 86_400);
    for (const { logicalId, properties } of ofType(synthesized, "AWS::Logs::LogGroup")) {
      expect(properties["RetentionInDays"], logicalId).toBeLessThanOrEqual(Number(days.logs));
    }
  });

  it("of the archive are forgotten, where it keeps what was removed", () => {
    const archive = ofType(synthesized, "AWS::S3::Bucket").find(({ logicalId }) =>
      logicalId.startsWith("StoresArchive"),
    );
    const [rule, ...others] = listAt(archive?.properties, "LifecycleConfiguration", "Rules");
    const isProtected = settings.aws?.protectData === true;
    expect(days.archive_versions).toBe(35);
    expect(others).toEqual([]);
    if (!isProtected) return expect(rule).toBeUndefined();
    expect(at(archive?.properties, "VersioningConfiguration", "Status")).toBe("Enabled");
    expect(rule).toMatchObject({
      ExpiredObjectDeleteMarker: true,
      NoncurrentVersionExpiration: { NoncurrentDays: 35 },
      Status: "Enabled",
    });
    // Nothing that is still there goes by itself.
    expect(Object.keys(rule ?? {}).sort()).toEqual([
      "ExpiredObjectDeleteMarker",
      "NoncurrentVersionExpiration",
      "Status",
    ]);
  });
});
