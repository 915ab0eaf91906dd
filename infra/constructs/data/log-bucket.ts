import { CfnResource, Duration, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { z } from "zod";
import type { Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { keep, keepBucket } from "../common/keep.ts";

/** What is published of laws: `log/<law_id>/…`. Nothing else in the bucket is served. */
export const LOG_PREFIX = "log";

/**
 * The bucket of the public logs. Everybody may read it through the API or CloudFront, and one function writes to it.
 * Nobody may delete from it. Where data are protected, what is replaced stays as a version, and nobody but who may
 * bypass governance can delete one before its time.
 *
 * @param scope where
 * @param id its id
 * @param settings of the stage
 */
export function logBucket(scope: Construct, id: string, settings: Settings): s3.Bucket {
  const { aws } = settings;
  if (aws === undefined) {
    const bucket = new s3.Bucket(scope, id, { removalPolicy: keep(undefined) });
    // The local runtime asks of each bucket what it is for.
    if (bucket.node.defaultChild instanceof CfnResource) {
      bucket.node.defaultChild.addMetadata("referendum:objects", "public log");
    }
    return bucket;
  }
  const retention = Duration.days(aws.access.trailRetentionDays);
  const bucket = new s3.Bucket(scope, id, {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ...keepBucket(aws),
    versioned: aws.protectData,
    ...(aws.protectData
      ? { objectLockEnabled: true, objectLockDefaultRetention: s3.ObjectLockRetention.governance(retention) }
      : {}),
  });
  acknowledge(bucket, "S1", "It holds what is public anyway: who reads a log is nobody's business.");
  letCloudFrontRead(bucket, aws.pages.enabled);
  return bucket;
}

/**
 * Lets distributions of this account read what is public. The pages' distribution is in a later stack, which this one
 * cannot name.
 */
function letCloudFrontRead(bucket: s3.Bucket, hasPages: boolean): void {
  if (!hasPages) return;
  const principals = [new iam.ServicePrincipal("cloudfront.amazonaws.com")];
  const conditions = { StringEquals: { "aws:SourceAccount": bucket.stack.account } };
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      principals,
      actions: ["s3:GetObject"],
      resources: [bucket.arnForObjects(`${LOG_PREFIX}/*`)],
      conditions,
    }),
  );
  // S3 says 404 only to those who may list the bucket, and 403 to all others (S3 API Reference, "GetObject").
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({ principals, actions: ["s3:ListBucket"], resources: [bucket.bucketArn], conditions }),
  );
}

const Imported = z.object({ "Fn::ImportValue": z.string() });

/**
 * Lets a role use what is published. S3 says that an object is absent only to those who may list the bucket.
 *
 * @param role whose
 * @param logs the bucket
 * @param actions on objects
 */
export function grantLogs(role: iam.Role, logs: s3.Bucket, actions: string[]): void {
  role.addToPolicy(new iam.PolicyStatement({ actions: ["s3:ListBucket"], resources: [logs.bucketArn] }));
  role.addToPolicy(new iam.PolicyStatement({ actions, resources: [logs.arnForObjects(`${LOG_PREFIX}/*`)] }));
  // On a stage without an account, the bucket is in the same stack, and no rules are applied.
  const bucketStack = Stack.of(logs);
  if (bucketStack === Stack.of(role)) return;
  // As the automatic export, whose name the finding has.
  const { "Fn::ImportValue": name } = Imported.parse(bucketStack.resolve(bucketStack.exportValue(logs.bucketArn)));
  acknowledge(
    role,
    `IAM5[Resource::${name}/${LOG_PREFIX}/*]`,
    "The names of objects are those of laws and of tiles, which are made later; the part of the bucket is named.",
  );
}
