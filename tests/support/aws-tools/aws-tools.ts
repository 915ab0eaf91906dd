import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type PythonTool, pythonTool } from "../python-tool.ts";

const PINS = fileURLToPath(new URL("constraints.txt", import.meta.url));
const DRY_AWS = fileURLToPath(new URL("dry_aws.py", import.meta.url));

/** AWS's own checkers, which need no account: cfn-lint, and the command line with its descriptions of every command. */
export function awsTools(): Promise<PythonTool> {
  return pythonTool("aws-tools", PINS);
}

/**
 * Has the AWS command line check commands, without sending anything.
 *
 * @param python of `awsTools`
 * @param commands the arguments of each
 * @returns what is wrong with each, in the same order; empty where nothing is
 */
export async function faultsOf(python: string, commands: readonly (readonly string[])[]): Promise<readonly string[]> {
  const child = spawn(python, [DRY_AWS], {
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      // Version 2, which operators have, takes AWS_REGION.
      AWS_DEFAULT_REGION: "ca-central-1",
      AWS_ACCESS_KEY_ID: "nobody",
      AWS_SECRET_ACCESS_KEY: "nothing",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  const closed = once(child, "close");
  child.stdin.end(commands.map((command) => `${JSON.stringify(command)}\n`).join(""));
  const answers = await text(child.stdout);
  await closed;
  return z
    .array(z.string())
    .length(commands.length)
    .parse(
      answers
        .split("\n")
        .filter(Boolean)
        .map((it) => JSON.parse(it)),
    );
}
