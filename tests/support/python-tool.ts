import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cachedEnvironment, findPython, PythonError } from "../../machine/python.ts";

const OLDEST_MINOR = 10;

/** The Python of an environment that has a tool, or the reason why there is none. */
export type PythonTool = { readonly python: string } | { readonly absent: string };

/**
 * Finds a Python and installs a tool for this user, once per set of versions.
 *
 * @param name what it is called
 * @param pins a file of pip's that names each package with its version
 */
export async function pythonTool(name: string, pins: string): Promise<PythonTool> {
  const python = await findPython((minor) => minor >= OLDEST_MINOR);
  if (python === undefined) return { absent: `there is no Python 3.${OLDEST_MINOR} or newer with venv on PATH` };
  const versions = createHash("sha256").update(readFileSync(pins)).digest("hex").slice(0, 12);
  try {
    return { python: await cachedEnvironment(`${name}-${versions}`, python, ["-r", pins]) };
  } catch (error) {
    if (error instanceof PythonError) return { absent: `${name} could not be installed: ${error.message}` };
    throw error;
  }
}
