import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../../../machine/programs.ts";
import { type PythonTool, pythonTool } from "../python-tool.ts";

const CONSTRAINTS = fileURLToPath(new URL("constraints.txt", import.meta.url));

/** The findings of a run. */
export interface Findings {
  readonly cases: number;
  readonly passed: number;
  /** Links of the description that were followed, and all of them. */
  readonly links: readonly [followed: number, all: number];
  /** Everything that it wrote. */
  readonly text: string;
}

/** Finds a Python and installs schemathesis for this user, once. */
export function propertyTester(): Promise<PythonTool> {
  return pythonTool("schemathesis", CONSTRAINTS);
}

/**
 * Runs all checks over a description: examples, the borders of each schema, random requests, and paths along its links.
 *
 * @param python of `propertyTester`
 * @param description the description's file
 * @param url the API
 * @param examples requests per operation and phase, at most
 * @param seed repeats an earlier run
 */
export async function findProblems(
  python: string,
  description: string,
  url: string,
  examples: number,
  seed: string | undefined,
): Promise<Findings> {
  const cwd = mkdtempSync(join(tmpdir(), "referendum-properties-"));
  const lines: string[] = [];
  try {
    const args = ["-m", "schemathesis.cli", "run", description, "--url", url, "--checks", "all", "--no-color"];
    const limits = ["--max-examples", String(examples), "--continue-on-failure", "--request-timeout", "10"];
    await runProgram(python, [...args, ...limits, ...(seed === undefined ? [] : ["--seed", seed])], {
      cwd,
      // The API is on this machine: no proxy on the way.
      env: { ...process.env, NO_PROXY: "*", no_proxy: "*", PYTHONUTF8: "1", COLUMNS: "160" },
      onLine: (line) => lines.push(line),
    });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  const text = lines.join("\n");
  const [, cases = "0", passed = "0"] = /(\d+) generated, (\d+) passed/.exec(text) ?? [];
  const [, followed = "0", all = "0"] = /API Links:\s+(\d+) covered \/ \d+ selected \/ (\d+) total/.exec(text) ?? [];
  return { cases: Number(cases), passed: Number(passed), links: [Number(followed), Number(all)], text };
}
