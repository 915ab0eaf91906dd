import { join } from "node:path";
import { UserError } from "../../terminal/errors.ts";
import type { StackDescription } from "../stack-description.ts";
import { apiUrlAt, queueUrlAt } from "./api-url.ts";
import { describeStack } from "./deploy.ts";
import { REGION, STACK_NAME } from "./settings.ts";
import type { LocalStackState } from "./state.ts";

/**
 * Describes the stack on LocalStack in the form in which `npm start -- --json` describes the local one, so that
 * commands and tests treat both alike.
 *
 * @param state the state that `up` wrote
 * @param directory the folder of the sample's credentials
 * @throws UserError when the stack is not deployed
 */
export async function describeLocalStack(state: LocalStackState, directory: string): Promise<StackDescription> {
  const { endpoint } = state;
  const stack = await describeStack(endpoint, STACK_NAME);
  const apiOutput = stack?.outputs["ApiUrl"];
  if (stack === undefined || apiOutput === undefined) {
    throw new UserError(`${STACK_NAME} is not deployed at ${endpoint}: npm run localstack -- deploy.`);
  }
  const apiUrl = apiUrlAt(apiOutput, endpoint);
  const operatorsOutput = stack.outputs["OperatorsApiUrl"];
  const operatorsUrl = operatorsOutput === undefined ? undefined : apiUrlAt(operatorsOutput, endpoint);
  const outputs: Record<string, string> = {};
  for (const [name, value] of Object.entries(stack.outputs)) {
    outputs[name] = /(Queue|Dlq)Url$/.test(name) ? queueUrlAt(value, endpoint) : value;
  }
  return {
    stage: "localstack",
    api_url: apiUrl,
    ...(operatorsUrl === undefined ? {} : { operators_url: operatorsUrl }),
    credentials_file: join(directory, "credentials.csv"),
    law_id: SAMPLE_LAW,
    postgres_url: state.postgres_url,
    redis_url: state.redis_url,
    sqs_endpoint: endpoint,
    dynamodb_endpoint: endpoint,
    lambda_endpoint: endpoint,
    secretsmanager_endpoint: endpoint,
    region: REGION,
    outputs: { ...outputs, ApiUrl: apiUrl, ...(operatorsUrl === undefined ? {} : { OperatorsApiUrl: operatorsUrl }) },
    data_dir: directory,
  };
}

/** The law of the tests and examples. */
const SAMPLE_LAW = "L2025-001";
