import { join } from "node:path";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { type Ended, runProgram } from "../../machine/programs.ts";
import { REGION, toolEnvironment } from "./settings.ts";

export interface CdkOptions {
  /** Told every line of its output. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** The region of the stacks; default: that of the stage localstack. */
  readonly region?: string | undefined;
}

/**
 * Runs CDK's tool to its end, against LocalStack.
 *
 * @param endpoint where LocalStack answers
 * @param args the command, such as `deploy`, and its arguments
 */
export function cdk(
  endpoint: string,
  args: readonly string[],
  { onLine, region = REGION }: CdkOptions = {},
): Promise<Ended> {
  const tools = join(PROJECT_ROOT, "node_modules", ".bin");
  // cdklocal changes only the deployment: `cdk synth` makes the same template.
  const tool = join(tools, args[0] === "synth" ? "cdk" : "cdklocal");
  const env = {
    ...toolEnvironment(endpoint, region),
    CI: "true",
    PATH: `${tools}:${process.env["PATH"] ?? ""}`,
  };
  const options = { cwd: PROJECT_ROOT, env };
  return runProgram(tool, [...args, "--no-notices"], onLine === undefined ? options : { ...options, onLine });
}

/** The last lines that a program printed, for an error. */
export function lastWords(result: Ended): string {
  return result.tail
    .filter((line) => line.trim() !== "")
    .slice(-5)
    .join("\n");
}
