import { z } from "zod";
import { UserError } from "../../terminal/errors.ts";
import { PYTHON_MINOR } from "./settings.ts";

/** How LocalStack is reached or brought up. */
export type LocalStackAccess =
  | { readonly kind: "answering"; readonly endpoint: string; readonly inDocker: boolean }
  | { readonly kind: "docker" }
  | { readonly kind: "process"; readonly python: string };

/** The checks of a machine, in this order. They are parameters, so that tests need neither Docker nor Python. */
export interface MachineQuestions {
  /** Endpoints to try: AWS_ENDPOINT_URL, the one that was started before, the usual one. */
  readonly endpoints: readonly string[];
  readonly answers: (endpoint: string) => Promise<Info | undefined>;
  readonly dockerEngine: () => Promise<boolean>;
  readonly python: () => Promise<string | undefined>;
}

const Info = z.object({ version: z.string(), is_docker: z.boolean() });
export type Info = z.output<typeof Info>;

const PROBE_TIMEOUT_MS = 1_000;

/**
 * Decides how to get a LocalStack: one that answers, otherwise Docker, otherwise Python with the process executor.
 *
 * @param machine the checks
 * @throws UserError saying what to install when nothing is possible
 */
export async function chooseAccess(machine: MachineQuestions): Promise<LocalStackAccess> {
  for (const endpoint of machine.endpoints) {
    const info = await machine.answers(endpoint);
    if (info !== undefined) return { kind: "answering", endpoint, inDocker: info.is_docker };
  }
  if (await machine.dockerEngine()) return { kind: "docker" };
  const python = await machine.python();
  if (python !== undefined) return { kind: "process", python };
  throw new UserError(
    `LocalStack needs either a Docker engine with Compose (https://docs.docker.com/engine/install/) or ` +
      `Python 3.${PYTHON_MINOR} with venv (https://www.python.org/downloads/; PYTHON names one that is not on the path). ` +
      "Neither was found; install one and try again.",
  );
}

/**
 * Asks an endpoint whether it is a LocalStack.
 *
 * @param endpoint its base URL
 * @returns undefined when nothing answers there, or something else does
 */
export async function askLocalStack(endpoint: string): Promise<Info | undefined> {
  try {
    const answer = await fetch(new URL("/_localstack/info", endpoint), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    return answer.ok ? Info.parse(await answer.json()) : undefined;
  } catch {
    return undefined; // Nothing answers there, or another program does.
  }
}
