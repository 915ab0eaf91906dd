import { RemovalPolicy } from "aws-cdk-lib";
import type { AwsSettings } from "../../stages.ts";

/**
 * CloudFormation's policy for a resource that holds data. Where data are protected it stays when it is replaced or its
 * stack is deleted, but not when its creation is rolled back: a first deployment that failed can be repeated, although
 * names are fixed. Elsewhere nothing stays, so that a stage can be taken down and put up again.
 *
 * @param aws the stage's settings of an account; undefined on a stage without one
 */
export function keep(aws: AwsSettings | undefined): RemovalPolicy {
  return aws?.protectData === true ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/**
 * The same for a bucket. CloudFormation deletes no bucket that has something in it, so where nothing stays, it is
 * emptied first.
 *
 * @param aws the stage's settings of an account
 */
export function keepBucket(aws: AwsSettings): {
  readonly removalPolicy: RemovalPolicy;
  readonly autoDeleteObjects: boolean;
} {
  return { removalPolicy: keep(aws), autoDeleteObjects: !aws.protectData };
}
