import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FUNCTION_NAMES } from "../../infra/functions.ts";
import { runProgram } from "../../machine/programs.ts";
import { UserError } from "../../terminal/errors.ts";
import { COMPOSE_FILE } from "./settings.ts";
import type { LocalStackState } from "./state.ts";

const SERVERS = ["localstack", "redis", "postgres"];
const TIMEOUT_MS = 10_000;

/**
 * Prints the end of a log.
 *
 * @param started the state that `up` wrote
 * @param source a server or a function; default: localstack
 * @param options how many lines
 * @throws UserError when there is no such log
 */
export async function showLogs(
  started: { readonly directory: string; readonly state: LocalStackState },
  source = "localstack",
  options: { readonly lines?: string } = {},
): Promise<void> {
  const lines = Number(options.lines ?? 100);
  if (!Number.isInteger(lines) || lines < 1) throw new UserError("--lines takes a whole number of at least 1.", 2);
  const print = (text: readonly string[]) => process.stdout.write(`${text.slice(-lines).join("\n")}\n`);
  if (FUNCTION_NAMES.some((name) => name === source)) {
    print(await functionLog(started.state.endpoint, source));
    return;
  }
  if (!SERVERS.includes(source)) {
    throw new UserError(`There is no log of ${source}: use one of ${[...SERVERS, ...FUNCTION_NAMES].join(", ")}.`, 2);
  }
  if (started.state.started.compose === true) {
    const { tail } = await runProgram("docker", ["compose", "-f", COMPOSE_FILE, "logs", "--tail", `${lines}`, source]);
    print(tail);
    return;
  }
  const file = join(started.directory, "logs", `${source}.log`);
  if (!existsSync(file)) throw new UserError(`${source} was not started here, so its log is elsewhere.`);
  print(readFileSync(file, "utf8").trimEnd().split("\n"));
}

const LogEvents = z.object({ events: z.array(z.object({ message: z.string() })) });

/** A function's log, from LocalStack's CloudWatch Logs. The SDK client for it would be a dependency for one call. */
async function functionLog(endpoint: string, name: string): Promise<string[]> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Logs_20140328.FilterLogEvents",
      // LocalStack reads service and region from this header, and does not check the signature.
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=x",
    },
    body: JSON.stringify({ logGroupName: `/aws/lambda/referendum-localstack-${name}` }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new UserError(`LocalStack has no log of ${name}: it was not called yet, or is not deployed.`);
  return LogEvents.parse(await answer.json()).events.map((event) => event.message.trimEnd());
}
