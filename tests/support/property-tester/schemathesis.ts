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
  /** Links of the description that were followed, and all of them; of a run that follows links. */
  readonly links: readonly [followed: number, all: number];
  /** Everything that it wrote. */
  readonly text: string;
}

/** Finds a Python and installs schemathesis for this user, once. */
export function propertyTester(): Promise<PythonTool> {
  return pythonTool("schemathesis", CONSTRAINTS);
}

/** What a run tries: examples, borders of each schema and random requests; or random paths along the links. */
type Phases = "examples,coverage,fuzzing" | "stateful";

export interface PropertyRun {
  readonly phases: Phases;
  /** Requests per operation and phase, at most. */
  readonly examples: number;
  /** The same seed makes the same requests; undefined: others each time. */
  readonly seed: string | undefined;
}

/**
 * Runs all checks over a description.
 *
 * @param python of `propertyTester`
 * @param description the description's file
 * @param url the API
 * @param run what to try
 */
export async function findProblems(
  python: string,
  description: string,
  url: string,
  { phases, examples, seed }: PropertyRun,
): Promise<Findings> {
  const cwd = mkdtempSync(join(tmpdir(), "referendum-properties-"));
  const lines: string[] = [];
  try {
    const args = ["-m", "schemathesis.cli", "run", description, "--url", url, "--checks", "all", "--no-color"];
    const limits = ["--max-examples", String(examples), "--continue-on-failure", "--request-timeout", "10"];
    await runProgram(
      python,
      [...args, ...limits, "--phases", phases, ...(seed === undefined ? [] : ["--seed", seed])],
      {
        cwd,
        // The API is on this machine: no proxy on the way.
        env: { ...process.env, NO_PROXY: "*", no_proxy: "*", PYTHONUTF8: "1", COLUMNS: "160" },
        onLine: (line) => lines.push(line),
      },
    );
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  const text = lines.join("\n");
  const [, cases = "0", passed = "0"] = /(\d+) generated, (\d+) passed/.exec(text) ?? [];
  const [, followed = "0", all = "0"] = /API Links:\s+(\d+) covered \/ \d+ selected \/ (\d+) total/.exec(text) ?? [];
  return { cases: Number(cases), passed: Number(passed), links: [Number(followed), Number(all)], text };
}
