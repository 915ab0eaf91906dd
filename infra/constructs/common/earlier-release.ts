import { Stack } from "aws-cdk-lib";
import type * as kms from "aws-cdk-lib/aws-kms";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { AwsSettings } from "../../stages.ts";
import { acknowledge } from "./acknowledge.ts";
import { keep } from "./keep.ts";

/**
 * Goes on exporting a value that stacks of an earlier release import. A deployment updates the stacks that export
 * before those that import, and CloudFormation refuses to take away or change what another stack still imports. The
 * release after this one may take it away. The names of exports are CDK's: they follow from the resource's path.
 *
 * @param scope where the resource is
 * @param value its reference, as the earlier release had it
 */
export function exportForEarlierRelease(scope: Construct, value: string): void {
  Stack.of(scope).exportValue(value);
}

/** A secret of an earlier release. */
export interface EarlierSecret {
  /** Its former purpose, for people who find it. */
  readonly description: string;
  readonly aws: AwsSettings;
  readonly encryptionKey: kms.IKey;
  /** As the earlier release generated it. If this changed, CloudFormation would make a new value. */
  readonly generateSecretString: secretsmanager.SecretStringGenerator;
}

/**
 * Keeps a secret that stacks of an earlier release import. Nothing of this release reads it.
 *
 * @param scope where it was
 * @param id as it was called
 * @param secret what it was
 */
export function keepSecretOfEarlierRelease(scope: Construct, id: string, { aws, ...secret }: EarlierSecret): void {
  const kept = new secretsmanager.Secret(scope, id, { ...secret, removalPolicy: keep(aws) });
  acknowledge(
    kept,
    "SMG4",
    "It is of an earlier release: no function reads it any more, and the next release takes it away.",
  );
  exportForEarlierRelease(scope, kept.secretArn);
}
