/**
 * Makes node_modules match package-lock.json, once, however many commands are started at the same time. Plain
 * JavaScript without dependencies, like run.mjs, which is its only user: it runs before anything is installed.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { addToClaim, readIfThere, tryClaim } from "./install-claim.mjs";

const INSTALL_DEADLINE_MS = 10 * 60_000;
const LOCK_POLL_MS = 200;
const HEARTBEAT_MS = 15_000;
/** @type {NodeJS.Signals[]} */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * - `--include=dev`: commands need the development dependencies also where NODE_ENV=production is set.
 * - `--loglevel=error`: some packages ask for a newer Node than the machine's; they run on the one being installed.
 */
const NPM_CI = ["ci", "--include=dev", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];

/** What to say when the packages' install scripts were not run. */
const WITHOUT_SCRIPTS =
  "Node.js 24 (node_modules/node/bin/node) is missing: npm ran no install scripts, because its setting ignore-scripts is " +
  "on (npm config get ignore-scripts). Allow them for this project: npm ci --ignore-scripts=false";

/**
 * Whether an installed tree (npm's record, node_modules/.package-lock.json) is the one that a lock file asks for.
 * Packages for other platforms are optional and may be missing.
 * @param {{ packages?: Record<string, { version?: string, integrity?: string, optional?: boolean }> }} lock
 * @param {{ packages?: Record<string, { version?: string, integrity?: string }> }} installed
 * @returns {boolean}
 */
export function isInstalled(lock, installed) {
  const present = installed.packages ?? {};
  return Object.entries(lock.packages ?? {}).every(([path, wanted]) => {
    if (path === "") return true;
    const found = present[path];
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * PATH with the project's tools first, each folder once.
 * @param {string} root @param {string | undefined} path @returns {string}
 */
export function pathWithTools(root, path) {
  return [join(root, "node_modules", ".bin"), pathWithoutTools(root, path)].join(delimiter);
}

/** npm must not run on the Node it is about to delete. @param {string} root @param {string | undefined} path */
function pathWithoutTools(root, path) {
  const tools = join(root, "node_modules");
  return (path ?? "/usr/local/bin:/usr/bin:/bin")
    .split(delimiter)
    .filter((folder) => folder !== "" && !resolve(folder).startsWith(tools))
    .join(delimiter);
}

/**
 * Where things are in a clone.
 * @param {string} root the project's folder
 */
export function filesOf(root) {
  const modules = join(root, "node_modules");
  return {
    lock: join(root, "package-lock.json"),
    manifest: join(root, "package.json"),
    installed: join(modules, ".package-lock.json"),
    stamp: join(modules, ".referendum-install"),
    node: join(modules, "node", "bin", "node"),
    claim: join(root, ".install.lock"),
  };
}

/**
 * The hash that the stamp holds after an installation. It changes when another installation is needed.
 * @param {string} root
 */
function fingerprint(root) {
  const files = filesOf(root);
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} `);
  for (const file of [files.lock, files.manifest]) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** True when nothing has to be installed. Accepts what a hand-typed `npm install` did. @param {string} root */
function upToDate(root) {
  const files = filesOf(root);
  if (!isExecutable(files.node)) return false;
  const wanted = fingerprint(root);
  if (readIfThere(files.stamp) === wanted) return true;
  const installed = readIfThere(files.installed);
  if (installed === undefined) return false;
  if (!isInstalled(JSON.parse(readFileSync(files.lock, "utf8")), JSON.parse(installed))) return false;
  try {
    writeFileSync(files.stamp, wanted);
  } catch (error) {
    // The stamp only saves the comparison; a read-only checkout works without it.
    if (!["EROFS", "EACCES", "EPERM"].includes(error instanceof Error && "code" in error ? String(error.code) : ""))
      throw error;
  }
  return true;
}

/**
 * Installs when it is needed; otherwise returns within milliseconds.
 * @param {string} root the project's folder
 * @throws {Error} with one sentence that says what to do
 */
export async function ensureInstalled(root) {
  if (upToDate(root)) return;
  const { claim } = filesOf(root);
  const giveUpAt = Date.now() + INSTALL_DEADLINE_MS;
  let told = false;
  while (!tryClaim(claim)) {
    if (Date.now() > giveUpAt) {
      throw new Error(
        `Another process (${readIfThere(claim)}) has been installing the dependencies for ten minutes. ` +
          `If it is not, delete ${claim} and try again.`,
      );
    }
    if (!told) say(`Waiting for the dependencies that process ${readIfThere(claim) ?? "?"} is installing …`);
    told = true;
    await new Promise((wake) => setTimeout(wake, LOCK_POLL_MS));
  }
  try {
    if (!upToDate(root)) await install(root);
  } finally {
    rmSync(claim, { force: true });
  }
}

/** @param {string} root */
async function install(root) {
  const files = filesOf(root);
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  say(`Installing the dependencies of package-lock.json (${existsSync(files.installed) ? "changed" : "first run"}) …`);
  const heartbeat = setInterval(() => say(`  still installing, ${seconds()} s`), HEARTBEAT_MS);
  try {
    await npmCi(root);
  } finally {
    clearInterval(heartbeat);
  }
  if (!isExecutable(files.node)) throw new Error(WITHOUT_SCRIPTS);
  mkdirSync(dirname(files.stamp), { recursive: true });
  writeFileSync(files.stamp, fingerprint(root));
  say(`Dependencies installed in ${seconds()} s.`);
}

/**
 * Runs npm ci to its end. Signals are passed on to npm, and its end is awaited: it must not go on in the background.
 * @param {string} root @returns {Promise<void>}
 */
async function npmCi(root) {
  const child = spawn("npm", NPM_CI, { cwd: root, env: npmEnvironment(root), stdio: ["ignore", 2, 2] });
  addToClaim(filesOf(root).claim, child.pid);
  /** @type {string | undefined} */
  let stopped;
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    stopped ??= signal;
    say("Stopping npm …");
    child.kill(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, passOn);
  try {
    /** @type {{ code: number | null, signal: string | null }} */
    const end = await new Promise((done, failed) => {
      child.on("error", failed);
      child.on("exit", (code, signal) => done({ code, signal }));
    }).catch((error) => {
      throw new Error(`npm could not be started (${error.message}). Install Node.js 20 or newer together with npm.`);
    });
    const signal = stopped ?? end.signal;
    if (signal) throw new Error(`The installation was stopped by ${signal}. Run the command again to complete it.`);
    if (end.code !== 0) {
      throw new Error(
        `npm ci failed with exit code ${end.code}; its own message is above. ` +
          "Check the network or registry (npm ping), free disk space (df -h .), then run the command again.",
      );
    }
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, passOn);
  }
}

/**
 * The environment without the variables that an outer `npm start` set for its script: they would mislead the inner npm.
 * @param {string} root
 */
function npmEnvironment(root) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(lifecycle|package|command|node_execpath|execpath|config_(json|global|dry_run|omit))/.test(name),
  );
  const path = pathWithoutTools(root, process.env.PATH);
  // No test uses Playwright's browsers, and their host is not the registry, so it may be out of reach.
  return { ...Object.fromEntries(inherited), PATH: path, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" };
}

/**
 * Tells the user something, on stderr.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
