import { type Command, InvalidArgumentError } from "commander";
import { STAGE_NAMES, type StageName } from "../infra/stages.ts";

/** Options that most commands take. */
export interface CommonOptions {
  readonly stage?: StageName;
  readonly data?: string;
  readonly json?: boolean;
  readonly region?: string;
  readonly profile?: string;
}

/**
 * Adds the options that most commands take: which stage and how to log in there, which data directory, and
 * JSON instead of text.
 *
 * @param command the command
 */
export function withCommonOptions(command: Command): Command {
  return withPlaceOptions(command, {
    stage: "the local stack that is running",
    data: "REFERENDUM_DATA or .local",
  });
}

/**
 * The same for a command that has other defaults.
 *
 * @param command the command
 * @param defaults what happens without `--stage`, and without `--data`
 */
export function withPlaceOptions(
  command: Command,
  defaults: { readonly stage: string; readonly data: string },
): Command {
  return command
    .option("--stage <stage>", `${STAGE_NAMES.join(", ")} (default: ${defaults.stage})`, parseStage)
    .option("--data <directory>", `data directory of the local stack (default: ${defaults.data})`)
    .option("--region <region>", "AWS region of the stage (default: AWS_REGION, or that of the stage's settings)")
    .option(
      "--profile <name>",
      "profile of the AWS configuration (default: AWS_PROFILE, and AWS's usual ways to log in)",
    )
    .option("--json", "prints one line of JSON on standard output");
}

function parseStage(text: string): StageName {
  const stage = STAGE_NAMES.find((name) => name === text);
  if (stage === undefined) throw new InvalidArgumentError(`use one of ${STAGE_NAMES.join(", ")}.`);
  return stage;
}
