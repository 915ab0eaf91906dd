import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../terminal/errors.ts";
import { progress } from "../../terminal/progress.ts";
import { runProgram } from "./programs.ts";
import { HOME_DIRECTORY, LOCALSTACK_VERSION, PYTHON_VERSION } from "./settings.ts";

/** Where LocalStack is installed, for all projects of this user: about 500 MB. */
function cacheDirectory(): string {
  return process.env["LOCALSTACK_HOME"] || join(homedir(), ".cache", "localstack-host");
}

/** The Python of LocalStack's own environment. */
export function localStackPython(): string {
  return join(cacheDirectory(), "venv", "bin", "python");
}

/**
 * Finds a Python of the version that LocalStack's packages were built for.
 *
 * @returns its path; undefined when there is none
 */
export async function findPython(): Promise<string | undefined> {
  const candidates = [process.env["PYTHON"], `python${PYTHON_VERSION}`, ...pyenvPythons(), "python3"];
  const check = `import sys, venv; sys.exit('.'.join(map(str, sys.version_info[:2])) != '${PYTHON_VERSION}')`;
  for (const candidate of candidates) {
    if (candidate && (await runProgram(candidate, ["-c", check])).code === 0) return candidate;
  }
  return undefined;
}

function pyenvPythons(): string[] {
  const versions = join(process.env["PYENV_ROOT"] || join(homedir(), ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  const matching = readdirSync(versions).filter((version) => version.startsWith(`${PYTHON_VERSION}.`));
  return matching.map((version) => join(versions, version, "bin", "python3"));
}

/**
 * Installs LocalStack and the plugins, or what of them has changed since.
 *
 * @param python the Python to build its environment with
 * @throws UserError with pip's own words when it fails
 */
export async function installLocalStack(python: string): Promise<void> {
  const venv = join(cacheDirectory(), "venv");
  const constraints = join(HOME_DIRECTORY, "constraints.txt");
  const runtime = digest([constraints]);
  if (markOf(venv, "runtime") !== runtime) {
    process.stderr.write(`Installing LocalStack ${LOCALSTACK_VERSION} to ${venv}: about 500 MB, one to two minutes.\n`);
    rmSync(venv, { recursive: true, force: true });
    mkdirSync(cacheDirectory(), { recursive: true });
    await step("making a Python environment", python, ["-m", "venv", venv]);
    const packages = readFileSync(constraints, "utf8").trim().split("\n").length;
    const requirement = `localstack-core[runtime]==${LOCALSTACK_VERSION}`;
    await pip(["-c", constraints, requirement], packages);
    writeFileSync(join(venv, "runtime"), runtime);
  }
  const source = join(HOME_DIRECTORY, "plugin");
  const plugin = digest(pluginFiles(source));
  if (markOf(venv, "plugin") === plugin) return;
  // A copy, because building leaves files behind.
  const copy = mkdtempSync(join(tmpdir(), "referendum-plugin-"));
  try {
    cpSync(source, copy, { recursive: true });
    await pip(["--force-reinstall", "--no-deps", copy], 1);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  writeFileSync(join(venv, "plugin"), plugin);
}

function pluginFiles(source: string): string[] {
  const code = join(source, "localstack_node_process");
  const names = readdirSync(code).filter((name) => /\.(py|mjs)$/.test(name));
  return [join(source, "pyproject.toml"), ...names.sort().map((name) => join(code, name))];
}

function digest(files: readonly string[]): string {
  const hash = createHash("sha256").update(LOCALSTACK_VERSION);
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function markOf(venv: string, name: string): string | undefined {
  const file = join(venv, name);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

async function pip(args: readonly string[], packages: number): Promise<void> {
  const bar = progress("packages", packages);
  let collected = 0;
  const onLine = (line: string) => {
    if (/^Collecting /.test(line)) bar.update(Math.min(++collected, packages));
    if (/^Installing collected/.test(line)) process.stderr.write("Everything is downloaded; unpacking.\n");
  };
  const options = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  try {
    await step("installing Python packages", localStackPython(), [...options, ...args], onLine);
  } finally {
    bar.stop();
  }
}

async function step(what: string, program: string, args: readonly string[], onLine?: (line: string) => void) {
  const { code, tail } = await runProgram(program, args, onLine === undefined ? {} : { onLine });
  if (code === 0) return;
  const said = tail.slice(-5).join("\n");
  throw new UserError(`LocalStack could not be installed: ${what} failed (exit code ${code}).\n${said}`);
}
