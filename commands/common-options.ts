import { type Command, InvalidArgumentError } from "commander";
import { STAGE_NAMES, type StageName } from "../infra/stages.ts";

/** Options that most commands take. */
export interface CommonOptions {
  readonly stage?: StageName;
  readonly data?: string;
  readonly json?: boolean;
}

/**
 * Adds the options that most commands take: which stage, which data directory, and JSON instead of text.
 *
 * @param command the command
 */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--stage <stage>", `${STAGE_NAMES.join(", ")} (default: the local stack that is running)`, parseStage)
    .option("--data <directory>", "data directory of the local stack (default: REFERENDUM_DATA or .local)")
    .option("--json", "prints one line of JSON on standard output");
}

function parseStage(text: string): StageName {
  const stage = STAGE_NAMES.find((name) => name === text);
  if (stage === undefined) throw new InvalidArgumentError(`use one of ${STAGE_NAMES.join(", ")}.`);
  return stage;
}
