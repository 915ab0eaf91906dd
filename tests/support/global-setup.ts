import { once } from "node:events";
import { createServer } from "node:http";
import { constants } from "node:os";
import type { TestProject } from "vitest/node";
import { findTestTarget } from "../../commands/test/target.ts";
import { startStack } from "../../places/local/starter.ts";
import type { StackDescription } from "../../places/stack-description.ts";
import { onStopSignals } from "../../terminal/stop-signals.ts";
import { stackOnAws, stackOnLocalStack } from "./deployed-stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Ask here for the shared stack (`sharedStack()` in shared-stack.ts does). */
    stackDoor: string;
  }
}

/** Differences of the shared stack from `npm start`, which a test of ordinary traffic does not notice. */
const SHARED_STACK_SETTINGS = {};

/**
 * Lets test files get the shared stack. The first file that requests it starts it, so that a run of unit tests, or of
 * tests that were all filtered out, does not start one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let stack: ReturnType<typeof startForTarget> | undefined;
  const server = createServer((_request, response) => {
    stack ??= startForTarget();
    stack.then(
      ({ description }) => response.end(JSON.stringify(description)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The stack's door has no port.");
  project.provide("stackDoor", `http://127.0.0.1:${address.port}`);

  const close = async () => {
    server.closeAllConnections();
    server.close();
    if (stack === undefined) return;
    const [started] = await Promise.allSettled([stack]);
    if (started.status === "fulfilled") await started.value.stop();
  };
  // vitest calls the teardown after a run, but not after a signal.
  onStopSignals((signal, insisted) => {
    const exit = () => process.exit(128 + constants.signals[signal]);
    if (insisted) exit();
    else close().finally(exit);
  });
  return close;
}

async function startForTarget(): Promise<{ readonly description: StackDescription; stop(): Promise<void> }> {
  const target = await findTestTarget();
  if (target.kind === "localstack") return await stackOnLocalStack();
  if (target.kind === "aws") return await stackOnAws(target.stage);
  return await startStack({ settings: SHARED_STACK_SETTINGS, sample: true });
}
