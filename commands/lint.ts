import { join, resolve } from "node:path";
import { Command } from "commander";
import { type Program, Steps } from "./program-steps.ts";

const ROOT = resolve(import.meta.dirname, "..");

/**
 * The checks of the sources that `npm run lint` and `npm test` run, besides types.
 *
 * @param root the project's folder
 */
export function lintPrograms(root: string): readonly Program[] {
  const tool = (name: string) => join(root, "node_modules/.bin", name);
  return [
    { name: "lint and format (biome)", program: tool("biome"), args: ["check", "."] },
    // They run in browsers, so that other types are there than in Node.js.
    { name: "types of the voters' pages (tsc)", program: tool("tsc"), args: ["--noEmit", "-p", join(root, "web")] },
    { name: "types of the console (tsc)", program: tool("tsc"), args: ["--noEmit", "-p", join(root, "console/page")] },
    { name: "unused files, exports and dependencies (knip)", program: tool("knip"), args: [] },
  ];
}

/** `npm run lint`. */
export function lintCommand(): Command {
  return new Command("npm run lint --")
    .description("Checks lint rules and format (biome), and finds unused files, exports and dependencies (knip).")
    .addHelpText("after", "\nExit codes: 0 nothing found, 1 something is not right. npm run format mends the format.")
    .action(async () => {
      const steps = new Steps();
      await steps.runTogether(lintPrograms(ROOT));
      process.exitCode = steps.stoppedExitCode ?? (steps.results.every(({ ok }) => ok) ? 0 : 1);
    });
}
