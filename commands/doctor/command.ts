import { Command } from "commander";
import { dataDirectory, findTarget } from "../../places/find-target.ts";
import type { Target } from "../../places/target.ts";
import { explain } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { bad, type Check, describeCheck, good } from "./check.ts";
import { machineChecks } from "./machine.ts";
import { rollChecks } from "./rolls.ts";
import { stackChecks } from "./stack.ts";

/** `npm run doctor`. */
export function doctorCommand(): Command {
  return withCommonOptions(
    new Command("npm run doctor --")
      .description(
        "Checks the machine, the stack, its queues and its rolls. Prints one line per check, and a remedy if something is wrong.",
      )
      .addHelpText("after", "\nExit codes: 0 all is well, 1 something is not."),
  ).action(async (options: CommonOptions) => {
    const checks = await examine(options);
    const failed = checks.filter((check) => !check.ok).length;
    print(options, { ok: failed === 0, checks }, () =>
      [
        ...checks.map(describeCheck),
        failed === 0 ? "All is well." : `${failed} of ${checks.length} checks failed.`,
      ].join("\n"),
    );
    if (failed > 0) process.exitCode = 1;
  });
}

/**
 * Looks at the machine, and at the stack if there is one.
 *
 * @param options which stack
 */
export async function examine(options: CommonOptions): Promise<readonly Check[]> {
  const local = options.stage === undefined || options.stage === "local";
  const machine = local
    ? await machineChecks({ dataDir: dataDirectory(options.data), path: process.env["PATH"] ?? "" })
    : [];
  let target: Target;
  try {
    target = await findTarget({ ...options, askApi: false });
  } catch (error) {
    return [...machine, bad("stack", explain(error), local ? "npm start" : "see the message")];
  }
  try {
    const running = good("stack", `${target.stage} at ${target.address.apiUrl}`);
    return [...machine, running, ...(await stackChecks(target)), ...(await rollChecks(target))];
  } finally {
    await target.close();
  }
}
