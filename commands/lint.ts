import { join, resolve } from "node:path";
import { Command } from "commander";
import { Steps } from "./program-steps.ts";

const ROOT = resolve(import.meta.dirname, "..");

/**
 * What `npm run lint` and `npm test` check of the sources besides their types.
 *
 * @param steps the run's steps
 * @param root the project's folder
 */
export async function lint(steps: Steps, root: string): Promise<void> {
  const tool = (name: string) => join(root, "node_modules/.bin", name);
  await steps.run("lint and format (biome)", tool("biome"), ["check", "."]);
  await steps.run("unused files, exports and dependencies (knip)", tool("knip"), []);
}

/** `npm run lint`. */
export function lintCommand(): Command {
  return new Command("npm run lint --")
    .description("Checks lint rules and format (biome), and finds unused files, exports and dependencies (knip).")
    .addHelpText("after", "\nExit codes: 0 nothing found, 1 something is not right. npm run format mends the format.")
    .action(async () => {
      const steps = new Steps();
      await lint(steps, ROOT);
      process.exitCode = steps.stoppedExitCode ?? (steps.results.every(({ ok }) => ok) ? 0 : 1);
    });
}
