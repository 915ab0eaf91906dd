import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { z } from "zod";
import { logOf } from "../../shared/domain/log-of.ts";
import { Busy, Refusal } from "../../shared/domain/refusal.ts";
import {
  LOG_KEY_REQUEST,
  LogKeyAnswer,
  type LogRequest,
  LogRestoreAnswer,
  LogRunAnswer,
} from "../../shared/messages/log-request.ts";
import type { Servers } from "../servers.ts";
import { jsonOf } from "./json-of.ts";

/**
 * Asks the function `log` for the public key that it signs with. Nobody else may use that key.
 *
 * @param servers those of a running stage
 * @returns 32 bytes as base64url
 * @throws Refusal when it does not say it
 */
export async function askForLogKey(servers: Pick<Servers, "lambda" | "output">): Promise<string> {
  const answer = await askLog(servers, LOG_KEY_REQUEST, LogKeyAnswer);
  if (answer !== undefined) return answer.public_key;
  throw new Refusal(
    `The function log did not say which key it signs with, so no law can name it. Look at ${logOf("log")}, and repeat this command.`,
  );
}

/**
 * Lets the function `log` look at a law now. It does so by itself within its interval, so nobody waits for it, and a
 * failure is no harm.
 *
 * @param servers those of a running stage
 * @param lawId the law
 */
export async function wakeLog(servers: Pick<Servers, "lambda" | "output">, lawId: string): Promise<void> {
  const request: LogRequest = { law_id: lawId };
  try {
    await servers.lambda.send(
      new InvokeCommand({
        FunctionName: servers.output("LogFunctionName"),
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(request)),
      }),
    );
  } catch {
    // Its schedule comes.
  }
}

/**
 * Lets the function `log` look at a law now, and waits for what comes of it.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param waitMs for how long, in milliseconds; the function may go on for longer
 * @returns undefined when it is still at work
 * @throws Refusal when it fails
 */
export async function runLogNow(
  servers: Pick<Servers, "lambda" | "output">,
  lawId: string,
  waitMs: number,
): Promise<LogRunAnswer | undefined> {
  const signal = AbortSignal.timeout(Math.max(Math.ceil(waitMs), 1));
  try {
    const answer = await askLog(servers, { law_id: lawId }, LogRunAnswer, signal);
    if (answer !== undefined) return answer;
  } catch (error) {
    // It is busy with other runs, or takes longer.
    if (signal.aborted || isThrottled(error)) return undefined;
    throw error;
  }
  throw new Refusal(
    `The function log could not continue the log of ${lawId}. Look at ${logOf("log")}, and repeat this command.`,
    { subject: lawId },
  );
}

/**
 * Asks the function `log` to bring back what PostgreSQL has lost of the log of a law, for some seconds.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @returns how far it has come
 * @throws Refusal when store and database contradict each other; Error when the function failed, and is asked again
 */
export async function askToRestoreLog(
  servers: Pick<Servers, "lambda" | "output">,
  lawId: string,
): Promise<Exclude<LogRestoreAnswer, { readonly refused: string }>> {
  const answer = await askLog(servers, { restore: lawId }, LogRestoreAnswer).catch((error: unknown) => {
    if (isThrottled(error)) throw new Busy(`The function log is at work. Nothing of ${lawId} was brought back.`);
    throw error;
  });
  if (answer === undefined) throw new Error("the function log did not say what it has brought back");
  if ("refused" in answer) throw new Refusal(answer.refused, { subject: lawId });
  return answer;
}

/** Asks the function `log`, and waits. @returns undefined when it failed, or answered something else */
async function askLog<Answer>(
  servers: Pick<Servers, "lambda" | "output">,
  request: LogRequest,
  answer: z.ZodType<Answer>,
  signal?: AbortSignal,
): Promise<Answer | undefined> {
  const { FunctionError, Payload } = await servers.lambda.send(
    new InvokeCommand({
      FunctionName: servers.output("LogFunctionName"),
      Payload: Buffer.from(JSON.stringify(request)),
    }),
    signal && { abortSignal: signal },
  );
  return FunctionError === undefined ? answer.safeParse(jsonOf(Payload)).data : undefined;
}

/** Lambda runs as many of the function as it may. */
function isThrottled(error: unknown): boolean {
  return error instanceof Error && error.name === "TooManyRequestsException";
}
