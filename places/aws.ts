import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
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
 * Asks CloudFormation for the addresses of a stage in an AWS account.
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
    // Nobody reaches these but through ports that somebody has forwarded for tests.
    postgres: { connectionString: process.env["DATABASE_URL"] || undefined },
    redis: { url: process.env["REDIS_URL"] || undefined },
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
