// Runtime client of one execution environment: loads the handler once, then answers one event at a time over a socket
// that it inherits as a file descriptor. stdout and stderr are the function's log.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const channel = new Socket({ fd: Number(process.env.LAMBDA_CHANNEL_FD), readable: true, writable: true });
delete process.env.LAMBDA_CHANNEL_FD;
const reply = (message) => new Promise((done) => channel.write(`${JSON.stringify(message)}\n`, done));
channel.on("close", () => process.exit(0));

const asError = (error) =>
  JSON.stringify({
    errorType: error?.name ?? "Error",
    errorMessage: error?.message ?? String(error),
    trace: String(error?.stack ?? "").split("\n"),
  });

async function loadHandler() {
  const spec = process.env._HANDLER;
  const dot = spec.lastIndexOf(".");
  const stem = join(process.cwd(), spec.slice(0, dot));
  for (const extension of [".mjs", ".js", ".cjs"]) {
    const file = stem + extension;
    if (!existsSync(file)) continue;
    const module = extension === ".cjs" ? createRequire(file)(file) : await import(pathToFileURL(file));
    const handler = module[spec.slice(dot + 1)] ?? module.default?.[spec.slice(dot + 1)];
    if (typeof handler !== "function") throw new Error(`${spec} is not exported as a function`);
    return handler;
  }
  throw new Error(`Cannot find module '${spec.slice(0, dot)}'`);
}

process.on("uncaughtException", (error) => {
  console.error(error);
  process.exit(129);
});
process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(128);
});

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  console.error(error);
  await reply({ error: asError(error) });
  process.exit(1);
}
await reply({ ready: true });

for await (const line of createInterface({ input: channel, crlfDelay: Infinity })) {
  const { id, arn, traceId, deadlineMs, event } = JSON.parse(line);
  process.env._X_AMZN_TRACE_ID = traceId ?? "";
  const context = {
    awsRequestId: id,
    invokedFunctionArn: arn,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
  try {
    const result = await handler(JSON.parse(event), context);
    await reply({ result: JSON.stringify(result ?? null) });
  } catch (error) {
    console.error(error);
    await reply({ error: asError(error) });
  }
}
