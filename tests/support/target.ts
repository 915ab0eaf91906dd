import { z } from "zod";

/**
 * Where the integration suite runs. This file is the only place that decides it.
 *
 * - `TARGET=local`: a local stack that the tests start themselves (the default)
 * - `TARGET=localstack`, or `AWS_ENDPOINT_URL` set, or LocalStack answering at 127.0.0.1:4566: the stack deployed there
 */
export type Target = { kind: "local" } | { kind: "localstack"; endpoint: string };

const LOCALSTACK_ENDPOINT = "http://127.0.0.1:4566";
const PROBE_TIMEOUT_MS = 500;
const targetName = z.enum(["local", "localstack"]).optional();

/**
 * Finds out where the integration suite has to run.
 * @param env the environment to read TARGET and AWS_ENDPOINT_URL from
 * @throws {Error} when TARGET is neither `local` nor `localstack`, or names a LocalStack that does not answer
 */
export async function findTarget(env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const wanted = targetName.safeParse(env.TARGET || undefined);
  if (!wanted.success) throw new Error(`TARGET is "${env.TARGET}"; use "local" or "localstack".`);
  if (wanted.data === "local") return { kind: "local" };
  const endpoint = env.AWS_ENDPOINT_URL || LOCALSTACK_ENDPOINT;
  if (await localstackAnswers(endpoint)) return { kind: "localstack", endpoint };
  if (wanted.data === "localstack" || env.AWS_ENDPOINT_URL) {
    throw new Error(
      `LocalStack does not answer at ${endpoint}. Start it (docker compose -f docker-compose.localstack.yml up), ` +
        "or set TARGET=local.",
    );
  }
  return { kind: "local" };
}

async function localstackAnswers(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(`${endpoint}/_localstack/health`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}
