import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { runProgram } from "./programs.ts";

/** A Python or pip that failed. */
export class PythonError extends Error {
  /** @param what what was tried @param tail the program's last lines */
  constructor(what: string, code: number, tail: readonly string[]) {
    super(`${what} failed (exit code ${code}).\n${tail.slice(-5).join("\n")}`);
    this.name = "PythonError";
  }
}

/** The accepted minor versions of Python 3. */
export type MinorVersions = (minor: number) => boolean;

const NEWEST_MINOR = 15;
const OLDEST_MINOR = 9;

/**
 * Finds a Python with the module venv: the one in `PYTHON`, those on PATH, and those of pyenv.
 *
 * @param accepts the accepted minor versions of Python 3
 * @returns its path or name; undefined when there is none
 */
export async function findPython(accepts: MinorVersions): Promise<string | undefined> {
  const minors: number[] = [];
  for (let minor = NEWEST_MINOR; minor >= OLDEST_MINOR; minor -= 1) if (accepts(minor)) minors.push(minor);
  const named = minors.map((minor) => `python3.${minor}`);
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in [${minors.map((minor) => `(3, ${minor})`).join(", ")}])`;
  for (const candidate of [process.env["PYTHON"], "python3", ...named, ...minors.flatMap(pyenvPythons)]) {
    if (candidate && (await runProgram(candidate, ["-c", check])).code === 0) return candidate;
  }
  return undefined;
}

function pyenvPythons(minor: number): string[] {
  const versions = join(process.env["PYENV_ROOT"] || join(homedir(), ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  const matching = readdirSync(versions).filter((version) => version.startsWith(`3.${minor}.`));
  return matching.map((version) => join(versions, version, "bin", "python3"));
}

/** The Python of a virtual environment. @param directory where the environment is */
export function pythonIn(directory: string): string {
  return join(directory, "bin", "python");
}

/**
 * Makes an empty virtual environment, and replaces an existing one.
 *
 * @param directory its place
 * @param python the Python to make it with
 * @throws PythonError when it fails
 */
export async function makeEnvironment(directory: string, python: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(dirname(directory), { recursive: true });
  const { code, tail } = await runProgram(python, ["-m", "venv", directory]);
  if (code !== 0) throw new PythonError("making a Python environment", code, tail);
}

/**
 * Installs packages into a virtual environment.
 *
 * @param directory the environment
 * @param args pip's arguments: options and requirements
 * @param onLine called with every line that pip writes
 * @throws PythonError with pip's last lines when it fails
 */
export async function pipInstall(
  directory: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<void> {
  const options = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  const { code, tail } = await runProgram(pythonIn(directory), [...options, ...args], onLine ? { onLine } : {});
  if (code !== 0) throw new PythonError("installing Python packages", code, tail);
}

/**
 * A virtual environment with packages, made once for all runs and projects of this user. Another process may make the
 * same one at the same time; the first to finish wins.
 *
 * @param name its contents with versions: another name is another environment
 * @param python the Python to make it with
 * @param args pip's arguments: options and requirements
 * @returns the environment's Python
 * @throws PythonError when it cannot be made
 */
export async function cachedEnvironment(name: string, python: string, args: readonly string[]): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "referendum");
  const directory = join(cache, name);
  if (existsSync(pythonIn(directory))) return pythonIn(directory);
  const making = `${directory}.${process.pid}`;
  try {
    await makeEnvironment(making, python);
    await pipInstall(making, args);
    // `python -m` finds its environment after a move; only the scripts beside it name the old place.
    renameSync(making, directory);
  } catch (error) {
    if (!existsSync(pythonIn(directory))) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return pythonIn(directory);
}
