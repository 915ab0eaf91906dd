import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { Command } from "commander";
import { clean } from "../commands/clean.ts";

const ROOT = resolve(import.meta.dirname, "..");

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

await new Command("npm run clean --")
  .description("Removes what tests and builds left: reports, bundles, templates, stacks of test runs that have ended.")
  .option("--data [directory]", "also the data of the local stack (.local), with every vote in it")
  .option("--json", "prints one line of JSON", false)
  .action(async (options: { data?: true | string; json: boolean }) => {
    const dataDir = options.data === undefined ? undefined : resolve(options.data === true ? ".local" : options.data);
    try {
      const result = await clean({ root: ROOT, temporaryFolder: tmpdir(), dataDir, isAlive });
      if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
      else for (const line of [...result.removed.map((path) => `removed ${path}`), ...result.kept]) console.log(line);
      if (!options.json && result.removed.length + result.kept.length === 0) console.log("Nothing to clean.");
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  })
  .parseAsync();
