import { Command } from "commander";
import { type FoundOperators, findOperators } from "../../places/find-operators.ts";
import { dataDirectory } from "../../places/find-target.ts";
import { stage } from "../../shared/messages/operators/stage.ts";
import { explain } from "../../terminal/errors.ts";
import { onPlace } from "../../terminal/on-place.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { attempt, bad, type Check, describeCheck, good } from "./check.ts";
import { machineChecks } from "./machine.ts";
import { rollChecks } from "./rolls.ts";
import { apiCheck, restartOf, stackChecks } from "./stack.ts";

/** A stage looks at each of its laws, and waits some seconds for a service that does not answer. */
const STAGE_TIMEOUT_MS = 60_000;

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
  let found: FoundOperators;
  try {
    found = await findOperators({ ...options, askApi: false });
  } catch (error) {
    return [...machine, bad("stack", explain(error), local ? "npm start" : "see the message")];
  }
  const running = good("stack", `${found.stage} at ${found.apiUrl}`);
  const checks = [running, ...(await apiCheck(found)), ...(await operatorsChecks(found))];
  return [...machine, ...checks.map((check) => withPlace(check, options))];
}

/** The remedy of a check, with the stage or data directory that was typed. */
function withPlace(check: Check, options: CommonOptions): Check {
  return check.remedy === undefined ? check : { ...check, remedy: onPlace(check.remedy, options) };
}

/** What the stage says of itself. If it says nothing, only the machine and the voters' API were looked at. */
async function operatorsChecks(found: FoundOperators): Promise<readonly Check[]> {
  const name = "operators' API";
  const ask = async () => {
    const said = await found.api.look(stage, {}, { tries: 2 });
    const people = said.two_people ? "; acts that change an election need two people" : "";
    return [
      good(name, `answers, release ${said.release}${people}`),
      ...(await stackChecks(found, said)),
      ...rollChecks(said.laws),
    ];
  };
  return attempt(name, restartOf(found.stage), ask, STAGE_TIMEOUT_MS);
}
