import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import type { Answer } from "../api-client.ts";
import type { TestEnvironment, Voter } from "../environment.ts";

/**
 * Serves a page of somebody else on this machine.
 *
 * @returns its address, and what ends it
 */
export async function otherPage(): Promise<{ readonly address: string; readonly close: () => void }> {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<body></body>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the other page has no port");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://127.0.0.1:${address.port}/`, close };
}

/** Has `aggregate` fed with outcomes, or no more. */
export async function enableAggregate({ target }: TestEnvironment, Enabled: boolean): Promise<void> {
  const UUID = target.output("AggregateMappingId");
  await target.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
}

/** Votes all the time, some thirty per second, each voter once. */
export function keepVoting({ api }: TestEnvironment, lawId: string, voters: readonly Voter[]) {
  const ending = new AbortController();
  const answers: Promise<Answer>[] = [];
  const done = (async () => {
    for (const voter of voters) {
      if (ending.signal.aborted) return;
      answers.push(api.vote({ lawId, voter }));
      await pause(30);
    }
  })();
  return {
    /** Ends it. Returns the answers, each of which has accepted a vote. */
    async stop(): Promise<readonly Answer[]> {
      ending.abort();
      await done;
      const all = await Promise.all(answers);
      const refused = all.find(({ status }) => status !== 202);
      if (refused !== undefined) throw new Error(`a vote was answered ${refused.status}: ${refused.text}`);
      return all;
    },
  };
}
