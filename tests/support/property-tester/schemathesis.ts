import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../../../machine/programs.ts";
import { cachedEnvironment, findPython, PythonError } from "../../../machine/python.ts";

const CONSTRAINTS = fileURLToPath(new URL("constraints.txt", import.meta.url));
const OLDEST_MINOR = 10;

/** schemathesis, or the reason why it is not here. */
export type PropertyTester = { readonly python: string } | { readonly absent: string };

/** What a run found. */
export interface Findings {
  readonly cases: number;
  readonly passed: number;
  /** Links of the description that were followed, and all of them. */
  readonly links: readonly [followed: number, all: number];
  /** Everything that it wrote. */
  readonly text: string;
}

/** Finds a Python and installs schemathesis for this user, once. */
export async function propertyTester(): Promise<PropertyTester> {
  const python = await findPython((minor) => minor >= OLDEST_MINOR);
  if (python === undefined) return { absent: `there is no Python 3.${OLDEST_MINOR} or newer with venv on PATH` };
  const pins = readFileSync(CONSTRAINTS);
  const name = `schemathesis-${createHash("sha256").update(pins).digest("hex").slice(0, 12)}`;
  try {
    return { python: await cachedEnvironment(name, python, ["-r", CONSTRAINTS]) };
  } catch (error) {
    if (error instanceof PythonError) return { absent: `schemathesis could not be installed: ${error.message}` };
    throw error;
  }
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
