import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import type { Signatures } from "../../client/verify/index.ts";
import { type Settings, type StageName, settingsOf } from "../../infra/stages.ts";
import { type Office, readLogo } from "../../papers/office.ts";
import { PAPER_NAMES, type PaperName } from "../../papers/page-size.ts";
import type { LawReport, Standing } from "../../papers/report/law-report.ts";
import { findTarget } from "../../places/find-target.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { jsonObjectOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { progressByStep } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { keyFrom, signaturesOption } from "../verify/options.ts";
import { COUNTED } from "../verify/run-checks.ts";
import { lawAddress, nameOf, type Origin, readLaw, readOrigin } from "./read-law.ts";
import { mustBeFolder, type WrittenFile, writeFiles } from "./write-files.ts";

interface ReportOptions extends CommonOptions {
  readonly to: string;
  readonly key?: string;
  readonly signatures: Signatures;
  readonly address?: string;
  readonly paper?: PaperName;
  readonly settings?: Record<string, unknown>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Adds `report` to the command. */
export function addReportCommand(program: Command): void {
  withCommonOptions(
    program
      .command("report <law>")
      .description("writes the official report of a law as PDF (French and English), CSV and JSON")
      .requiredOption("--to <folder>", "where the files are written")
      .option("--key <key>", "the key of the law's log, as the election office has published it; or a file with it")
      .option(
        "--signatures <which>",
        "how many promises of counted votes are checked: all, or sample:NUMBER drawn by lot",
        signaturesOption,
        "all" as const,
      )
      .option("--address <url>", "the address of the law that the report names (default: where it was read from)")
      .addOption(new Option("--paper <paper>", "the paper (default: the setting office.paper)").choices(PAPER_NAMES))
      .option("--settings <json>", 'settings of this run, for example {"office":{"name":…}}', jsonObjectOption)
      .addHelpText(
        "after",
        "\nLAW is the id of a law of the stage, the address of a law such as https://HOST/api/v1/laws/L2025-001, or the " +
          "folder of its bundle (./L2025-001). The verifier checks the bundle first; if it finds something wrong, no report " +
          "is written. A law that is counted and not certified gets a report that says PROVISIONAL on every page, and a law " +
          "without a form one that says NOT CERTIFIED. Of a folder or an address, --stage says whose office and paper.",
      ),
  ).action(report);
}

async function report(law: string, options: ReportOptions): Promise<void> {
  const named = options.address === undefined ? undefined : webAddress(options.address);
  const { origin, stage } = await originOf(law, options);
  const office = officeOf(settingsFor(stage, options), options.paper);
  mustBeFolder(options.to);
  const { signal, release } = interruptible();
  const bars = progressByStep();
  try {
    const key = options.key === undefined ? undefined : await keyFrom(options.key);
    const address = named ?? addressOf(origin);
    const now = new Date().toISOString();
    const found = await readLaw(
      origin,
      { office: office.name, address, now },
      {
        key,
        signatures: options.signatures,
        signal,
        onProgress: (doing, done, total) => bars.show(COUNTED[doing], done, total),
      },
    );
    bars.stop();
    const files = await writeFiles(options.to, found, office);
    const { standing } = found;
    print(options, { lawId: found.law.id, standing, folder: options.to, files }, () =>
      described(found, files, options.to),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && /^Cannot(?:Read|Verify)$/.test(error.name)) throw new UserError(error.message);
    throw error;
  } finally {
    bars.stop();
    release();
  }
}

async function originOf(
  law: string,
  options: ReportOptions,
): Promise<{ readonly origin: Origin; readonly stage: StageName }> {
  const origin = readOrigin(law);
  if (origin !== undefined) return { origin, stage: options.stage ?? "local" };
  const target = await findTarget(options);
  await target.close();
  const { apiUrl: api, stage } = target.address;
  return { origin: { kind: "law", api, lawId: law }, stage };
}

function addressOf(origin: Origin): string | null {
  if (origin.kind === "folder") return null;
  return origin.kind === "law" ? lawAddress(origin) : nameOf(origin);
}

function webAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new UserError(`--address must be an address such as https://HOST/api/v1/laws/L2025-001, not ${text}.`, 2);
}

function settingsFor(stage: StageName, { settings = {} }: ReportOptions): Settings {
  try {
    return settingsOf(stage, settings);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error), 2);
  }
}

function officeOf({ office }: Settings, paper: PaperName | undefined): Office {
  const { name, contact, logo, timeZone } = office;
  return {
    ...{ name, contact, timeZone, paper: paper ?? office.paper },
    logo: logo === undefined ? undefined : readLogo(resolve(ROOT, logo)),
  };
}

const WORDS: Readonly<Record<Standing, string>> = {
  certified: "The official report of",
  provisional: "The PROVISIONAL report (not certified yet) of",
  not_certified: "The report (NOT CERTIFIED: the law has no public log) of",
};

function described({ standing, law }: LawReport, files: readonly WrittenFile[], folder: string): string {
  return [
    `${WORDS[standing]} ${law.id} is in ${folder}:`,
    ...files.map(({ name, sha256 }) => `  ${name}  SHA-256 ${sha256}`),
  ].join("\n");
}
