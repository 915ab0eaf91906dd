import { CfnResource } from "aws-cdk-lib";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { keep, keepBucket } from "../common/keep.ts";

/**
 * The bucket of the archive: what operators have done, encrypted by the functions before it gets here, where a restore
 * of PostgreSQL does not take it back. No function may delete an object, and where data are protected, one that is
 * replaced stays as a version.
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
  });
  acknowledge(
    bucket,
    "S1",
    "Two functions use it, and both leave an entry in the journal, which is what the bucket keeps; its objects are encrypted with a key of theirs.",
  );
  return bucket;
}
