import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { findOperators } from "../places/find-operators.ts";
import { FEWEST_VOTERS, MOST_VOTERS } from "../proving/rehearsal/deck.ts";
import { rehearse } from "../proving/rehearsal/life.ts";
import { isRight, type RehearsalReport, rehearsalText } from "../proving/rehearsal/report.ts";
import { REHEARSAL_PREFIX } from "../shared/domain/rehearsal.ts";
import { UserError } from "../terminal/errors.ts";
import { localInstant } from "../terminal/instant.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { toJson } from "../terminal/json.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import { statusLine } from "../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeWish } from "./ops/act-words.ts";
import { onStage } from "./proposed.ts";

interface RehearseOptions extends CommonOptions {
  readonly voters: number;
  readonly wait: number;
  readonly out: string;
}

/** Law ids have 50 characters at most: the prefix, as much of the law's id, a dash, six hexadecimal digits. */
const MOST_OF_LAW_ID = 33;
const SUFFIX_BYTES = 3;

/** Adds `rehearse` to the command. */
export function addRehearseCommand(program: Command): void {
  withCommonOptions(
    program
      .command("rehearse <id>")
      .description(
        "takes another law, whose votes do not count, through the whole life of a law, and compares every figure",
      )
      .option("--voters <number>", "voters on the roll", wholeNumberOption(FEWEST_VOTERS, MOST_VOTERS), 100)
      .option(
        "--wait <minutes>",
        "the longest wait for a second person, for a receipt, and for what the count needs",
        wholeNumberOption(1, 600),
        30,
      )
      .option("--out <directory>", "where the report is written", join("reports", "rehearsal"))
      .addHelpText(
        "after",
        "\nThe law that is named is not touched: the rehearsal has its titles, codes and results, an id of its own, and a mark " +
          "that every list, answer and page shows. A sealed law is rehearsed as an open one, and the report says what is left " +
          "out. Exit codes: 0 every figure is what it must be, 1 one is not.",
      ),
  ).action(rehearseLaw);
}

async function rehearseLaw(lawId: string, options: RehearseOptions): Promise<void> {
  const { api, apiUrl, stage } = await findOperators(options);
  const rehearsalId = `${REHEARSAL_PREFIX}${lawId.slice(0, MOST_OF_LAW_ID)}-${randomBytes(SUFFIX_BYTES).toString("hex")}`;
  const { signal, release } = interruptible();
  const line = statusLine();
  let report: RehearsalReport;
  try {
    report = await rehearse({
      ...{ api, apiUrl, lawId, rehearsalId, stageName: stage, signal },
      voters: options.voters,
      waitMs: options.wait * 60_000,
      say: line.say,
      show: line.show,
      onProposed: ({ id, act, expires_at }, request) =>
        line.say(
          `A second person approves, until ${localInstant(expires_at)}, to ${describeWish(act, request)}:\n` +
            `  npm run ops -- approve ${id}${onStage(options)}`,
        ),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(
      `Interrupted. If the law ${rehearsalId} was added, it is left as it is, and ends by itself: ` +
        `npm run laws -- show ${rehearsalId}${onStage(options)} says where it stands. The next rehearsal takes another id.`,
      signal.reason instanceof UserError ? signal.reason.exitCode : 130,
    );
  } finally {
    line.end();
    release();
  }
  const paths = await write(options.out, report);
  print(options, report, () => `${rehearsalText(report)}\n\nWritten: ${paths.join(", ")}`);
  if (!isRight(report)) process.exitCode = 1;
}

async function write(directory: string, report: RehearsalReport): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const paths = [join(directory, `${report.rehearsalId}.json`), join(directory, `${report.rehearsalId}.txt`)];
  await writeFile(paths[0] ?? "", `${toJson(report)}\n`);
  await writeFile(paths[1] ?? "", `${rehearsalText(report)}\n`);
  return paths;
}
