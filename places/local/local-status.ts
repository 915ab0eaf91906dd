import { existsSync } from "node:fs";
import { z } from "zod";
import { type LocalDescription, readLocalDescription } from "../stack-description.ts";
import { dataDirOf } from "./data-dir.ts";
import { runningSupervisor } from "./lock.ts";

const live = z.object({
  pids: z.looseObject({
    redis: z.number(),
    postgres: z.number(),
    functions: z.record(z.string(), z.array(z.number())),
  }),
  queues: z.array(
    z.object({
      name: z.string(),
      visible: z.number(),
      in_flight: z.number(),
      /** When its oldest message was sent, in milliseconds since the epoch; null: it is empty. */
      oldest_ms: z.number().nullable().default(null),
    }),
  ),
  mappings: z.array(z.object({ id: z.string(), function: z.string(), state: z.string() })),
  memory_bytes: z.number(),
});
export type FrontStatus = z.output<typeof live>;
export type LocalStatus = Omit<LocalDescription, "pids"> & FrontStatus;

const ANSWER_TIMEOUT_MS = 3_000;

/**
 * Asks the front of the stack on a data directory what is running.
 *
 * @param data the data directory
 * @throws Error in one sentence when nothing runs there, it is still starting, or its front does not answer
 */
export async function localStatus(data: string): Promise<LocalStatus> {
  const dir = dataDirOf(data);
  const supervisor = existsSync(dir.root) ? runningSupervisor(dir) : undefined;
  if (supervisor === undefined) throw new Error(`No local stack runs on ${dir.root}; start one with npm start.`);
  const stack = readLocalDescription(dir.root);
  if (stack === undefined) throw new Error(`The local stack on ${dir.root} (process ${supervisor}) is still starting.`);
  const answer = await frontStatus(stack.lambda_endpoint).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The front of the local stack on ${dir.root} does not answer (${why}); it may be starting again: try once more.`,
    );
  });
  return { ...stack, ...answer };
}

/**
 * Asks a front for the current state of processes, queues and mappings.
 *
 * @param lambdaEndpoint its address as an AWS endpoint
 */
export async function frontStatus(lambdaEndpoint: string): Promise<FrontStatus> {
  const answer = await fetch(`${lambdaEndpoint}/_local/status`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return live.parse(await answer.json());
}
