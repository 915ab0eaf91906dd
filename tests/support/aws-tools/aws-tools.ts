import { fileURLToPath } from "node:url";
import { type PythonTool, pythonTool } from "../python-tool.ts";

const PINS = fileURLToPath(new URL("constraints.txt", import.meta.url));

/** AWS's own checkers, which need no account: cfn-lint, and the command line with its descriptions of every command. */
export function awsTools(): Promise<PythonTool> {
  return pythonTool("aws-tools", PINS);
}
