import { Command, Option } from "commander";
import { MAX_CREDENTIALS } from "../../operations/roll/credentials.ts";
import { PAPER_NAMES } from "../../papers/page-size.ts";
import { findOperators } from "../../places/find-operators.ts";
import { workOf } from "../../places/operators/roll-answers.ts";
import { ROLL_CHANGES } from "../../shared/domain/roll-row.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import { countRolls } from "../../shared/messages/operators/rolls.ts";
import { collect, jsonObjectOption, onlyOnce, wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { describeCounts, draftsOf } from "../roll-counts.ts";
import { withYes } from "../slip-options.ts";
import { abandonLoad } from "./abandon-load.ts";
import { changeCommand, find } from "./change.ts";
import { check } from "./check.ts";
import { generate } from "./generate.ts";
import { letters } from "./letters.ts";
import { load } from "./load.ts";
import { seal } from "./seal.ts";
import { EXIT_BAD_LINES } from "./words.ts";

const FORMS =
  "\nA roll file is CSV with the columns nas and code: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252; with a " +
  "first line of column names, or in this order. Other columns are not read, but for those that letters name.";

/** `npm run voters`. */
export function votersCommand(): Command {
  const program = new Command("npm run voters --").description(
    "Makes, checks, loads, seals and counts the voter roll, and writes its letters.",
  );
  withCommonOptions(
    program
      .command("generate")
      .description("makes credentials as CSV nas,code: distinct NAS, codes of 80 random bits")
      .requiredOption("--count <number>", "how many voters", wholeNumberOption(1, MAX_CREDENTIALS))
      .addOption(
        new Option("--out, --output <file>", "where the credentials are written; - is standard output").default("-"),
      )
      .option(
        "--law <id>",
        "makes codes that this law of a running stack takes: with a check, if the law asks for one",
        onlyOnce,
      )
      .option("--force", "replaces an existing file"),
  ).action(generate);
  withCommonOptions(
    program
      .command("check <file>")
      .description("reads a roll file as a load would and changes nothing; - is standard input")
      .option(
        "--law <id>",
        "also checks the codes by the rule of this law of a running stack, and says whether the file was loaded to its roll",
        onlyOnce,
      )
      .addHelpText(
        "after",
        `${FORMS}\n\nExit codes: 0 every line is a voter, ${EXIT_BAD_LINES} some are not, 1 none is or the file cannot be read, or the roll of ` +
          "the law is sealed and the file was never loaded to it.",
      ),
  ).action(check);
  withCommonOptions(
    program
      .command("load")
      .description(
        "adds voters to the rolls of laws that are not sealed yet; loading the same again changes nothing and completes " +
          "what was interrupted",
      )
      .option("--sample", "the sample credentials of the stack, made if they are missing")
      .option("--file <file>", "a roll file; may be repeated; - alone is standard input", collect)
      .option("--law <id>", "the law; may be repeated (default: the only law there is)", collect)
      .option("--dry-run", "reads the file and looks at the rolls, says what would be loaded, and changes nothing")
      // Scripts of earlier releases give it. A load asks nothing any more, because it cannot touch a sealed roll.
      .addOption(new Option("--yes").hideHelp())
      .addHelpText(
        "after",
        `${FORMS}\n\nOf several files, each is read before the first is loaded; then each is a load of its own.\n` +
          "Votes are decided when the roll is sealed: npm run voters -- seal.\n" +
          `Exit codes: 0 all loaded, ${EXIT_BAD_LINES} bad lines were left out and the rest is loaded, 1 not loaded, 130 interrupted.`,
      ),
  ).action(load);
  addLetters(program);
  withYes(
    withCommonOptions(
      program
        .command("abandon-load")
        .description("accepts a roll as it stands after a load has stopped: voters who are not on it may not vote")
        .requiredOption("--law <id>", "the law", onlyOnce)
        .option("--voters <number>", "how many voters the roll has; without it, says how many", wholeNumberOption(0)),
    ),
  ).action(abandonLoad);
  withCommonOptions(
    program
      .command("seal <law>")
      .description(
        "seals the roll of a law: fills Redis and notes the digest. After that, no load changes the roll, and a draft is " +
          "ready and opens at its time",
      )
      .requiredOption("--expect <number>", "how many voters the roll must have", wholeNumberOption(1))
      .addHelpText(
        "after",
        "\nAnother number of voters is refused. Sealing again with the same number changes nothing.",
      ),
  ).action(seal);
  addChanges(program);
  withCommonOptions(
    program
      .command("count")
      .description(
        "says how many voters each law has, in PostgreSQL and in Redis, the digest of its sealed roll, and which work on " +
          "a roll is unfinished",
      )
      .option("--law <id>", "only this law; may be repeated", collect),
  ).action(count);
  return program;
}

function addLetters(program: Command): void {
  withCommonOptions(
    program
      .command("letters")
      .description(
        "writes the letters to the voters of a roll file as PDF, in files of a thousand, with a page for the printer; the " +
          "same command goes on after an interruption",
      )
      .requiredOption("--file <file>", "a roll file; - is standard input", onlyOnce)
      .requiredOption("--law <id>", "the law: its titles and its window are in the letters", onlyOnce)
      .requiredOption("--out <directory>", "the folder of the letters, and of nothing else", onlyOnce)
      .option("--letter <file>", "a letter file: what the office writes, and the lines of the address (JSON)")
      .option(
        "--language-column <name>",
        "the column of the roll file that says in which language a voter is written to (default: both on each sheet)",
      )
      .addOption(new Option("--paper <paper>", "the paper (default: the setting office.paper)").choices(PAPER_NAMES))
      .option("--pages <address>", "the address of the voters' pages (default: that of the stage)")
      .option("--settings <json>", "settings to change for this run, merged into those of the stage", jsonObjectOption)
      .option("--force", "replaces letters in the folder that were made from something else")
      .addHelpText(
        "after",
        `${FORMS}\n\nThe files hold the voters' codes. Exit codes: 0 all letters are written, 1 none or not all, 130 interrupted.`,
      ),
  ).action(letters);
}

/** The commands that change a sealed roll, or ask it. */
function addChanges(program: Command): void {
  const at = [
    "--at <instant>",
    "when it is in force, with its zone (default: as soon as it is known everywhere)",
  ] as const;
  const changes = {
    add: "adds the voters of a file to a sealed roll; it asks first",
    replace:
      "gives the voters of a file the codes in it; their old codes end. Refused for whoever has voted; it asks first",
    strike: "strikes off a sealed roll whoever a file names by NAS; it asks first",
  } as const;
  for (const kind of ROLL_CHANGES) {
    const command = program
      .command(`${kind} <law>`)
      .description(changes[kind])
      .requiredOption(
        "--file <file>",
        kind === "strike"
          ? "a list with one NAS per line, or a roll file; - is standard input"
          : "a roll file; - is standard input",
        onlyOnce,
      )
      .option(...at, onlyOnce)
      .addHelpText("after", kind === "strike" ? "" : FORMS);
    withYes(withCommonOptions(command)).action(changeCommand(kind));
  }
  withCommonOptions(
    program
      .command("find <law>")
      .description("says whether the person whose NAS comes from standard input is on a sealed roll and has voted"),
  ).action(find);
}

async function count(options: CommonOptions & { law?: readonly string[] }): Promise<void> {
  const { api } = await findOperators(options);
  const { laws } = await api.look(countRolls, options.law === undefined ? {} : { laws: [...options.law] });
  const counts = laws.map(({ unfinished, ...roll }) => ({ ...roll, unfinished: unfinished.map(workOf) }));
  const { laws: listed } = await api.look(listLaws, {});
  print(options, { laws: counts }, () => describeCounts(counts, draftsOf(listed)));
}
