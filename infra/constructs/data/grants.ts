import { Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";

/**
 * Lets a role read a secret. The grant stands in the role's own policy only: one in the key's policy would make the
 * stack of the data depend on the stack of the functions.
 *
 * @param role who reads
 * @param secret what
 * @param key what encrypts it; absent: the key of Secrets Manager
 */
export function grantSecretRead(
  role: iam.Role,
  secret: { readonly secretArn: string },
  key?: { readonly keyArn: string },
): void {
  role.addToPolicy(
    new iam.PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: [secret.secretArn] }),
  );
  if (key === undefined) return;
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: ["kms:Decrypt"],
      resources: [key.keyArn],
      conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${Stack.of(role).region}.amazonaws.com` } },
    }),
  );
}
