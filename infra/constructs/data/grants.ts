import { Stack, Token } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { acknowledge } from "../common/acknowledge.ts";

/**
 * Lets a role read a secret. The grant is only in the role's policy. A grant in the key's policy would make the data
 * stack depend on the stack of the functions.
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

/**
 * Lets a role log in to PostgreSQL with a token. The grant names the user and no instance: a database that was restored
 * to a point in time is another resource under the old name, and must be usable at once. That it is no other stage's
 * database is the network's doing, where each stage's database is reached from its own functions only.
 *
 * @param role who logs in
 * @param user as which PostgreSQL user
 */
export function grantDatabaseLogin(role: iam.Role, user: string): void {
  const { partition, region, account } = Stack.of(role);
  // An instance's resource id begins with db-, a proxy's with prx- (RDS User Guide, "IAM policy for IAM database
  // access").
  const arn = (ofPartition: string, ofAccount: string) =>
    `arn:${ofPartition}:rds-db:${region}:${ofAccount}:dbuser:db-*/${user}`;
  role.addToPolicy(new iam.PolicyStatement({ actions: ["rds-db:connect"], resources: [arn(partition, account)] }));
  const shown = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
  acknowledge(
    role,
    `IAM5[Resource::${arn(shown(partition, "Partition"), shown(account, "AccountId"))}]`,
    "A restored database is another instance under the old name; the user is named, and the network lets only this stage in.",
  );
}
