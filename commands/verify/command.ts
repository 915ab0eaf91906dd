import { Command, Option } from "commander";
import { UserError } from "../../terminal/errors.ts";
import { compareRemembered } from "./compare.ts";
import { LANGUAGES, type Language, type Options, signaturesOption } from "./options.ts";
import { runChecks } from "./run-checks.ts";
import { showTable } from "./table.ts";

/** `npm run verify`. */
export function verifyCommand(): Command {
  return new Command("npm run verify --")
    .description(
      "Checks a published law, or the log of a law that runs, and trusts nobody in the election office: numbered checks, " +
        "each with what it proves and what it does not. Exit code 0: everything holds; 1: something is wrong; 3: nothing " +
        "is wrong, but not everything could be checked, because the law runs or the bundle is not complete.",
    )
    .argument("[bundle]", "a folder, or an address such as https://HOST/api/v1/laws/L2025-001")
    .option("--key <key>", "the key of the law's log, as the election office has published it; or a file with it")
    .option("--promise <file>", "a saved receipt, or another file with a promise: says whether it is kept")
    .option(
      "--signatures <which>",
      "how many promises of counted votes are checked: all, or sample:NUMBER drawn by lot",
      signaturesOption,
      "all" as const,
    )
    .option(
      "--remember <file>",
      "keeps the last checkpoint of each log there, and finds a log that went back or forked",
    )
    .option("--compare <file>", "compares what somebody else remembers with --remember")
    .option("--trustees <file>", "the trustees' public file, LAW.public.json: compares the keys of the law with it")
    .option("--box <file>", "the export of the box, as trustees have it: compares it with the counted envelopes")
    .option("--roll <file>", "the voter hashes of the roll, one per line: compares them with the sealed roll")
    .option("--proof <file>", "where a proof for others is written, if there is something to prove")
    .addOption(
      new Option("--lang <language>", "language of the report (default: that of the environment)")
        .choices(LANGUAGES)
        .default(languageOf(process.env)),
    )
    .option("--json", "prints one line of JSON on standard output")
    .option("--table [file]", "prints which tampering which check finds; in FILE, replaces the table that is there")
    .action(async (bundle: string | undefined, options: Options) => {
      if (options.table !== undefined && options.json === true) {
        throw new UserError("--table prints tables in Markdown, and --json one line of JSON: name one of the two.", 2);
      }
      if (options.table !== undefined) return await showTable(options.table);
      if (options.compare !== undefined && options.remember === undefined) {
        throw new UserError("--compare compares with what you remember: name that file by --remember.", 2);
      }
      if (bundle !== undefined) await runChecks(bundle, options);
      else if (options.compare !== undefined) await compareRemembered(options);
      else throw new UserError("Name a folder or an address (--help says more).", 2);
    });
}

/** French where the environment is. */
function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  return /^fr/i.test(LC_ALL || LC_MESSAGES || LANG || "") ? "fr" : "en";
}
