import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { findPython, makeEnvironment, PythonError, pipInstall, pythonIn } from "../../machine/python.ts";
import { UserError } from "../../terminal/errors.ts";
import { progress } from "../../terminal/progress.ts";
import { HOME_DIRECTORY, LOCALSTACK_VERSION, PYTHON_MINOR } from "./settings.ts";

/** LocalStack's virtual environment, for all projects of this user: about 500 MB. */
function environmentDirectory(): string {
  return join(process.env["LOCALSTACK_HOME"] || join(homedir(), ".cache", "localstack-host"), "venv");
}

/** The Python of LocalStack's virtual environment. */
export function localStackPython(): string {
  return pythonIn(environmentDirectory());
}

/**
 * Finds a Python of the version that LocalStack's packages were built for.
 *
 * @returns its path; undefined when there is none
 */
export function findLocalStackPython(): Promise<string | undefined> {
  return findPython((minor) => minor === PYTHON_MINOR);
}

/**
 * Installs LocalStack and the plugins, if they have changed since the last installation.
 *
 * @param python the Python to build its environment with
 * @throws UserError with pip's message when it fails
 */
export async function installLocalStack(python: string): Promise<void> {
  try {
    await install(python);
  } catch (error) {
    if (error instanceof PythonError) throw new UserError(`LocalStack could not be installed: ${error.message}`);
    throw error;
  }
}

async function install(python: string): Promise<void> {
  const venv = environmentDirectory();
  const constraints = join(HOME_DIRECTORY, "constraints.txt");
  const runtime = digest([constraints]);
  if (markOf(venv, "runtime") !== runtime) {
    process.stderr.write(`Installing LocalStack ${LOCALSTACK_VERSION} to ${venv}: about 500 MB, one to two minutes.\n`);
    await makeEnvironment(venv, python);
    const packages = readFileSync(constraints, "utf8").trim().split("\n").length;
    await installWithProgress(["-c", constraints, `localstack-core[runtime]==${LOCALSTACK_VERSION}`], packages);
    writeFileSync(join(venv, "runtime"), runtime);
  }
  const source = join(HOME_DIRECTORY, "plugin");
  const plugin = digest(pluginFiles(source));
  if (markOf(venv, "plugin") === plugin) return;
  // A copy, because building leaves files behind.
  const copy = mkdtempSync(join(tmpdir(), "referendum-plugin-"));
  try {
    cpSync(source, copy, { recursive: true });
    await installWithProgress(["--force-reinstall", "--no-deps", copy], 1);
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

async function installWithProgress(args: readonly string[], packages: number): Promise<void> {
  const bar = progress("packages", packages);
  let collected = 0;
  const onLine = (line: string) => {
    if (/^Collecting /.test(line)) bar.update(Math.min(++collected, packages));
    if (/^Installing collected/.test(line)) process.stderr.write("Everything is downloaded; unpacking.\n");
  };
  try {
    await pipInstall(environmentDirectory(), args, onLine);
  } finally {
    bar.stop();
  }
}
