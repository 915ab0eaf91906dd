import { join } from "node:path";
import { askLocalStack } from "../../places/localstack/access.ts";
import { DEFAULT_ENDPOINT } from "../../places/localstack/settings.ts";
import { readState, stateDirectory } from "../../places/localstack/state.ts";
import { down } from "../../places/localstack/up.ts";
import type { Steps } from "../program-steps.ts";

/**
 * Runs the suite against LocalStack. It starts and deploys by the command that people use, and runs the tests. Then it
 * deletes the stack, checks that nothing of it is left, and stops what was started. A LocalStack that ran before is
 * left running.
 *
 * @param steps the run's steps
 * @param root the project's folder
 * @param test runs the tests
 */
export async function onLocalStack(steps: Steps, root: string, test: () => Promise<unknown>): Promise<void> {
  const endpoint = process.env["AWS_ENDPOINT_URL"] || DEFAULT_ENDPOINT;
  const answers = (await askLocalStack(endpoint)) !== undefined || readState(stateDirectory()) !== undefined;
  // As people type it, and as a separate process, which the run can stop.
  const command = (...args: string[]) => ["run", "--silent", "localstack", "--", ...args];
  // A free port, so that no other run on this machine uses this LocalStack.
  if (!answers) process.env["REFERENDUM_LOCALSTACK_DATA"] = stateDirectory(join(root, ".localstack", "test"));
  const port = answers ? [] : ["--port", "0"];
  try {
    const deployed = await steps.run("LocalStack: start and deploy", "npm", command("deploy", ...port));
    if (!deployed) return;
    await test();
    if (!answers) await steps.run("LocalStack: destroy leaves nothing", "npm", command("destroy"));
  } finally {
    if (!answers) {
      const stopped = await down(stateDirectory());
      process.stdout.write(`Stopped: ${stopped.join(", ") || "nothing"}.\n`);
    }
  }
}
