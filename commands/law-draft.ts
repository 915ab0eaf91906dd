import { type Command, InvalidArgumentError, Option } from "commander";
import { MAX_CREDENTIALS } from "../operations/roll/credentials.ts";
import { findOperators } from "../places/find-operators.ts";
import { PROOFS, type Proof, RESULTS_WHEN, type ResultsWhen } from "../shared/domain/law.ts";
import { changeDraft } from "../shared/messages/operators/laws.ts";
import { UserError } from "../terminal/errors.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeLaw } from "./law-words.ts";
import { tellProposed } from "./proposed.ts";

interface ChangeOptions extends CommonOptions {
  readonly title?: string;
  readonly titleFr?: string;
  readonly titleEn?: string;
  readonly opens?: string;
  /** False with `--no-closes`. */
  readonly closes?: string | false;
  readonly expect?: number;
  readonly results?: ResultsWhen;
  readonly proof?: Proof;
}

/**
 * Adds the options that say what voters are asked, when, and who.
 *
 * @param command the command that adds or changes a draft
 * @param act whether an option that is left out has a default, or leaves the draft as it is
 */
export function withDraftOptions(command: Command, act: "add" | "change"): Command {
  const usual = act === "add" ? " (default)" : "";
  return command
    .option("--title <text>", "what voters are asked, in each language for which --title-fr or --title-en is not given")
    .option("--title-fr <text>", "what voters are asked, in French")
    .option("--title-en <text>", "what voters are asked, in English")
    .option("--opens <instant>", "when voting opens, with its zone: 2026-11-24T08:00:00-05:00")
    .option("--closes <instant>", "when voting closes; a vote at exactly this instant is late")
    .option(
      "--expect <number>",
      "how many voters it has: its roll is sealed with no other number",
      wholeNumberOption(1, MAX_CREDENTIALS),
    )
    .addOption(
      new Option(
        "--results <when>",
        `live: the tally is public while votes are counted, in steps${usual}; after-close: once the law has closed, as always with a sealed law`,
      )
        .choices(RESULTS_WHEN.map(typed))
        .argParser(readResults),
    )
    .addOption(
      new Option(
        "--proof <whose>",
        `of a sealed law. none: nobody can show which ballot is theirs${usual}; voter: voters can find their ballots in the ` +
          "opened list",
      ).choices(PROOFS),
    );
}

/** A proof for oneself is one for others. */
export function warnOfProof(proof: Proof | undefined): void {
  if (proof !== "voter") return;
  process.stderr.write(
    "Warning: with --proof voter, voters can find their ballots in the opened list, and so can whoever buys a vote or forces " +
      "one: a proof for oneself is a proof for a buyer, and the first vote stands.\n",
  );
}

/** As it is typed. */
function typed(when: ResultsWhen): string {
  return when.replaceAll("_", "-");
}

function readResults(text: string): ResultsWhen {
  const when = RESULTS_WHEN.find((one) => typed(one) === text);
  if (when !== undefined) return when;
  throw new InvalidArgumentError(`Allowed choices are ${RESULTS_WHEN.map(typed).join(", ")}.`);
}

/** Adds `change` to the command. */
export function addChangeCommand(program: Command): void {
  withCommonOptions(
    withDraftOptions(
      program.command("change <id>").description("changes a draft: titles, window, expected voters, results, proof"),
      "change",
    )
      .option("--no-closes", "it stays open until somebody closes it")
      .addHelpText("after", "\nWhat is not named stays. Exit code 0 also when there was nothing to change."),
  ).action(change);
}

async function change(lawId: string, options: ChangeOptions): Promise<void> {
  const { title, titleFr, titleEn, opens, expect, results, proof } = options;
  const closes = options.closes === false ? null : options.closes;
  const wanted = {
    title,
    title_fr: titleFr,
    title_en: titleEn,
    opens,
    closes,
    expected_voters: expect,
    results,
    proof,
  };
  if (Object.values(wanted).every((value) => value === undefined)) {
    throw new UserError("What changes? Name at least one of the options that npm run laws -- change --help lists.", 2);
  }
  const { api } = await findOperators(options);
  warnOfProof(proof);
  const outcome = await api.perform(changeDraft, { law_id: lawId, ...wanted });
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  const { law, changed } = outcome.result;
  print(options, { ...law, changed }, () => `${changed ? "Changed." : "Nothing changed."} ${describeLaw(law)}`);
}
