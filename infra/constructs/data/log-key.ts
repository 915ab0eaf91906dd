import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import type * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { Settings } from "../../stages.ts";
import { keep } from "../common/keep.ts";
import { grantSecretRead } from "./grants.ts";

/** What signs the public logs of a stage. */
export interface LogKey {
  /** What tells the function `log` where the key is. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Lets a role sign.
   *
   * @param role whose
   */
  grantSign(role: iam.Role): void;
}

/**
 * The key of the public logs: on AWS a key of KMS, whose private half nobody can read, not even the function that signs
 * with it. Emulators have no such keys, and there it is a secret. A law's log has one key for its life, so that the key
 * is not replaced.
 *
 * @param scope where
 * @param id its id
 * @param settings of the stage
 * @param secret makes the secret where there is no key
 */
export function logKey(scope: Construct, id: string, settings: Settings, secret: () => secretsmanager.Secret): LogKey {
  if (settings.aws === undefined) {
    const made = secret();
    return {
      environment: { LOG_KEY_SECRET_ARN: made.secretArn },
      grantSign: (role) => grantSecretRead(role, made),
    };
  }
  const key = new kms.Key(scope, id, {
    alias: `referendum-${settings.stage}-log`,
    description: `Signs the public logs of the referendum's ${settings.stage} stage`,
    keySpec: kms.KeySpec.ECC_NIST_EDWARDS25519,
    keyUsage: kms.KeyUsage.SIGN_VERIFY,
    removalPolicy: keep(settings.aws),
  });
  return {
    environment: { LOG_KEY_ID: key.keyArn },
    // In the role's policy only, as with secrets (grants.ts).
    grantSign: (role) => {
      role.addToPolicy(new iam.PolicyStatement({ actions: ["kms:Sign", "kms:GetPublicKey"], resources: [key.keyArn] }));
    },
  };
}
