import { CfnResource, Duration } from "aws-cdk-lib";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { keep, keepBucket } from "../common/keep.ts";

/**
 * The bucket of the archive: what operators have done, encrypted by the functions before it gets here, where a restore
 * of PostgreSQL does not take it back. No function may delete an entry of the journal; of a destroyed law the rest is
 * deleted. Where data are protected, what is replaced or deleted stays as a version for some time.
 *
 * @param scope where
 * @param id its id
 * @param settings of the stage
 */
export function archiveBucket(scope: Construct, id: string, settings: Settings): s3.Bucket {
  if (settings.aws === undefined) {
    const bucket = new s3.Bucket(scope, id, { removalPolicy: keep(undefined) });
    // The local runtime asks of each bucket what it is for.
    if (bucket.node.defaultChild instanceof CfnResource) {
      bucket.node.defaultChild.addMetadata("referendum:objects", "archive");
    }
    return bucket;
  }
  const bucket = new s3.Bucket(scope, id, {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ...keepBucket(settings.aws),
    versioned: settings.aws.protectData,
    ...(settings.aws.protectData ? { lifecycleRules: [forgetVersions(settings.aws)] } : {}),
  });
  acknowledge(
    bucket,
    "S1",
    "Two functions use it, and both leave an entry in the journal, which is what the bucket keeps; its objects are encrypted with a key of theirs.",
  );
  return bucket;
}

/** A version is of no use any more when no backup of the database is so old. */
function forgetVersions({ archiveVersionDays }: AwsSettings): s3.LifecycleRule {
  return {
    noncurrentVersionExpiration: Duration.days(archiveVersionDays),
    expiredObjectDeleteMarker: true,
  };
}
