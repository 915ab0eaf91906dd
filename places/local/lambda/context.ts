import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { type FunctionModel, REGION } from "../template/model.ts";

/** The facts about a function that its code can read. */
export type FunctionIdentity = Pick<FunctionModel, "name" | "arn" | "memoryMiB" | "timeoutMs">;

/**
 * The variables that Lambda sets for every function (Lambda Developer Guide, "Defined runtime environment variables"),
 * those of the template, and the addresses of the emulators. No variable of the developer is among them.
 *
 * @param model the function
 * @param endpoints AWS_ENDPOINT_URL_* of the emulators
 */
export function functionEnvironment(
  model: FunctionModel,
  endpoints: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    // Keeps the SDK from reading the developer's profiles.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: model.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${model.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    _HANDLER: `index.${model.exportName}`,
    ...endpoints,
    ...model.environment,
  };
}

/**
 * The context of one invocation.
 *
 * @param identity the function
 * @param startedAt milliseconds of `performance.now()` when the event was handed over
 */
export function invocationContext(identity: FunctionIdentity, startedAt: number): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: identity.name,
    functionVersion: "$LATEST",
    invokedFunctionArn: identity.arn,
    memoryLimitInMB: String(identity.memoryMiB),
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${identity.name}`,
    logStreamName: "local",
    getRemainingTimeInMillis: () => Math.max(0, identity.timeoutMs - (performance.now() - startedAt)),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
