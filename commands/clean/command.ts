import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { Command } from "commander";
import { processExists } from "../../machine/processes.ts";
import { dataDirectory } from "../../places/find-target.ts";
import { print } from "../../terminal/print.ts";
import { clean } from "./clean.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** `npm run clean`. */
export function cleanCommand(): Command {
  return new Command("npm run clean --")
    .description(
      "Removes what tests and builds left: reports, bundles, templates, stacks of test runs that have ended.",
    )
    .option(
      "--data [directory]",
      "also the data of the local stack (default: REFERENDUM_DATA or .local), with every vote in it",
    )
    .option("--json", "prints one line of JSON on standard output")
    .action(async (options: { data?: true | string; json?: boolean }) => {
      const dataDir = options.data && dataDirectory(options.data === true ? undefined : options.data);
      const result = await clean({ root: ROOT, temporaryFolder: tmpdir(), dataDir, isAlive: processExists });
      const lines = [...result.removed.map((path) => `removed ${path}`), ...result.kept];
      print(options.json ? { json: true } : {}, result, () =>
        lines.length === 0 ? "Nothing to clean." : lines.join("\n"),
      );
    });
}
