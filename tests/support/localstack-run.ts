import { join } from "node:path";
import { askLocalStack } from "../../commands/localstack/door.ts";
import { DEFAULT_ENDPOINT } from "../../commands/localstack/settings.ts";
import { readState, stateDirectory } from "../../commands/localstack/state.ts";
import { down } from "../../commands/localstack/up.ts";
import type { Steps } from "./steps.ts";

/**
 * Runs the suite against LocalStack: up and deploy by the command that people use, then the tests; then the stack is
 * deleted, nothing of it may be left, and what was started is taken down. A LocalStack that ran before is left running.
 *
 * @param steps the run's steps
 * @param root the project's folder
 * @param test runs the tests
 */
export async function onLocalStack(steps: Steps, root: string, test: () => Promise<unknown>): Promise<void> {
  const endpoint = process.env["AWS_ENDPOINT_URL"] || DEFAULT_ENDPOINT;
  const answers = (await askLocalStack(endpoint)) !== undefined || readState(stateDirectory()) !== undefined;
  const command = (...args: string[]) => [join(root, "bin", "localstack.ts"), ...args];
  // A port of its own, so that no other run on this machine takes this LocalStack for one that may be used.
  if (!answers) process.env["REFERENDUM_LOCALSTACK_DATA"] = stateDirectory(join(root, ".localstack", "test"));
  const port = answers ? [] : ["--port", "0"];
  try {
    const deployed = await steps.run("LocalStack: start and deploy", process.execPath, command("deploy", ...port));
    if (!deployed) return;
    await test();
    if (!answers) await steps.run("LocalStack: destroy leaves nothing", process.execPath, command("destroy"));
  } finally {
    if (!answers) {
      const stopped = await down(stateDirectory());
      process.stdout.write(`Stopped: ${stopped.join(", ") || "nothing"}.\n`);
    }
  }
}
