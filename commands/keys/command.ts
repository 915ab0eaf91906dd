import { availableParallelism } from "node:os";
import { Command } from "commander";
import { wholeNumberOption } from "../../terminal/options.ts";
import { check } from "./check.ts";
import { compare } from "./compare.ts";
import { newKeys, splitAgain } from "./make.ts";
import { openCommand } from "./open.ts";
import { testShares } from "./test.ts";

const MOST_TRUSTEES = 255;
const PASSPHRASES = [
  "--passphrases-fd <number>",
  "reads passphrases from this file descriptor, one per line, in the order in which they would be asked for; 0 is " +
    "standard input (default: asks on the terminal)",
  wholeNumberOption(0, 1_023),
] as const;
const PUBLIC = ["--public <file>", "the trustees' public file, LAW.public.json"] as const;
const JSON_LINE = ["--json", "prints one line of JSON on standard output"] as const;

/** `npm run keys`. */
export function keysCommand(): Command {
  const program = new Command("npm run keys --").description(
    "The trustees' tool of sealed ballots: makes and splits the keys of a law, and opens its box. All but check with a " +
      "URL works on a machine without a network.",
  );
  withSplit(
    program
      .command("new")
      .description("makes the keys of a law: a share file for each trustee, and a public file")
      .requiredOption("--law <id>", "the law")
      .requiredOption("--origin <text>", "names the stage and this instance of the law, as the law's description does"),
  ).action(newKeys);
  withSplit(
    program
      .command("split <share...>")
      .description("makes a new set of shares of the same keys, such as for other trustees; the old set still opens")
      .requiredOption(...PUBLIC),
  ).action(splitAgain);
  program
    .command("test <share...>")
    .description("opens test ballots with the shares, and writes a signed statement about it for the election office")
    .requiredOption(...PUBLIC)
    .requiredOption("--out <file>", "where the statement goes")
    .option(...PASSPHRASES)
    .option(...JSON_LINE)
    .action(testShares);
  program
    .command("check <file-or-url>")
    .description("compares the keys that a law publishes with those of the trustees. Exit code 1 if they differ")
    .requiredOption(...PUBLIC)
    .option(...JSON_LINE)
    .action(check);
  program
    .command("open <share...>")
    .description("opens a box, and writes the opened list with its sums, signed")
    .requiredOption(...PUBLIC)
    .requiredOption("--box <file>", "the export of the box")
    .requiredOption("--out <file>", "where the opened list goes")
    .option("--threads <number>", "how many threads open envelopes", wholeNumberOption(1, 256), availableParallelism())
    .option(...PASSPHRASES)
    .option(...JSON_LINE)
    .action(openCommand);
  program
    .command("compare <opening> <other>")
    .description("says whether two openings agree: the same box, sums and lists. Exit code 1 if they do not")
    .option("--public <file>", "the trustees' public file: both openings must be signed with its key")
    .option(...JSON_LINE)
    .action(compare);
  return program;
}

function withSplit(command: Command): Command {
  return command
    .requiredOption("--trustees <number>", "how many shares are made", wholeNumberOption(2, MOST_TRUSTEES))
    .requiredOption("--threshold <number>", "how many of them open the box", wholeNumberOption(2, MOST_TRUSTEES))
    .requiredOption("--out <directory>", "where the files go; it is made if it is missing")
    .option(...PASSPHRASES)
    .option(...JSON_LINE);
}
