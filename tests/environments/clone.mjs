/** A clone of the project in an environment, and the actions in it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const INSTALL_DEADLINE_MS = 10 * 60_000;
const COMMAND_DEADLINE_MS = 5 * 60_000;
const COUNTED_DEADLINE_MS = 60_000;
const UNMOUNT_DEADLINE_MS = 30_000;
/** One reads the whole project, the other speaks to a server with an SDK. */
const SMALL_TESTS = ["tests/unit/house/rooms.test.ts", "tests/stores/places/sqs.test.ts"];

/** This machine cannot provide the environment. */
export class CannotBeHad extends Error {}

/**
 * @typedef {object} Environment
 * @property {string} name
 * @property {string} what in words
 * @property {(clone: Clone) => Promise<void>} run
 * @property {string} [folder] of the clone; default: the name
 */

/**
 * The environment without the variables of `npm run` and bin/run.mjs, which a user's shell does not have.
 * @param {string} root
 */
function shell(root) {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(lifecycle|package|command|node_execpath|execpath|config_)|no_proxy$|NO_PROXY$|INIT_CWD$)/.test(name),
  );
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(root, "node_modules")));
  return {
    ...Object.fromEntries(kept),
    PATH: path.filter((folder) => !folder.includes("node_modules")).join(delimiter),
  };
}

export class Clone {
  /** @type {Record<string, string | undefined>} added to the environment of every program */
  env = {};
  /** @type {string[]} put before every program, for example `nice` */
  prefix = [];
  /** @type {number | undefined} */
  uid = undefined;
  /** @type {(() => void | Promise<void>)[]} */
  #cleanUps = [];

  /** @param {string} root the project @param {string} temporary @param {Environment} environment */
  constructor(root, temporary, environment) {
    this.root = root;
    this.shell = shell(root);
    this.temporary = temporary;
    this.folder = join(temporary, "clones", environment.folder ?? environment.name, "referendum");
    this.data = join(temporary, "data", environment.name);
  }

  /** Copies what is committed. @param {{ installed?: boolean }} options whether with this project's node_modules */
  copy({ installed = true } = {}) {
    mkdirSync(this.folder, { recursive: true });
    this.#must("git", ["archive", "--format=tar", "--output", `${this.folder}.tar`, "HEAD"], this.root);
    this.#must("tar", ["-xf", `${this.folder}.tar`, "-C", this.folder], this.root);
    rmSync(`${this.folder}.tar`);
    if (installed) this.#must("cp", ["-a", join(this.root, "node_modules"), this.folder], this.root);
  }

  /** Gives the clone and a data directory to another user. @param {string} name */
  giveTo(name) {
    const { status, stdout } = spawnSync("id", ["-u", name], { encoding: "utf8" });
    if (process.getuid?.() !== 0 || status !== 0) throw new CannotBeHad(`only root can become ${name}`);
    this.uid = Number(stdout);
    mkdirSync(this.data, { recursive: true });
    chownSync(this.data, this.uid, this.uid);
    this.#must("chown", ["-R", String(this.uid), this.folder], this.root);
    this.env = { ...this.env, HOME: this.data };
    for (const path of [this.temporary, join(this.temporary, "data"), join(this.temporary, "clones")])
      this.#must("chmod", ["o+x", path], this.root);
  }

  /** Registers a function that runs when the clone is removed. @param {() => void | Promise<void>} undo */
  finally(undo) {
    this.#cleanUps.push(undo);
  }

  /** Puts a version of npm, and if need be a newer Node, first on PATH. @param {number} major */
  useNpm(major) {
    const prefix = join(this.temporary, `npm${major}`);
    if (!existsSync(prefix))
      this.#must("npm", ["install", "--prefix", prefix, "--no-audit", "--no-fund", `npm@${major}`], this.temporary);
    const node = major >= 12 ? [join(this.root, "node_modules/node/bin")] : [];
    this.env = { ...this.env, PATH: [join(prefix, "node_modules/.bin"), ...node, this.shell.PATH].join(":") };
    const { stdout } = this.run("npm", ["--version"]);
    if (!stdout.startsWith(`${major}.`)) throw new Error(`this is npm ${stdout.trim()}`);
  }

  /** Runs a program to its end. @param {string} program @param {string[]} args */
  run(program, args) {
    const [first = program, ...rest] = [...this.prefix, program, ...args];
    const { status, stdout, stderr, error } = spawnSync(first, rest, {
      cwd: this.folder,
      env: { ...this.shell, ...this.env },
      ...(this.uid === undefined ? {} : { uid: this.uid, gid: this.uid }),
      encoding: "utf8",
      timeout: INSTALL_DEADLINE_MS,
    });
    if (error !== undefined) throw error;
    return { status, stdout, stderr };
  }

  /** Runs a program that must succeed. @param {string} program @param {string[]} args */
  must(program, args) {
    const { status, stdout, stderr } = this.run(program, args);
    if (status !== 0)
      throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`.slice(-4_000));
    return stdout;
  }

  /** Starts the stack, casts a vote, waits until it is counted, and stops. @param {string[]} [more] options */
  async startAndVote(more = []) {
    const [program = "npm", ...args] = [
      ...this.prefix,
      "npm",
      "start",
      "--",
      "--json",
      "--port",
      "0",
      "--data",
      this.data,
      ...more,
    ];
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...this.shell, ...this.env },
      ...(this.uid === undefined ? {} : { uid: this.uid, gid: this.uid }),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const exited = once(child, "exit");
    const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_DEADLINE_MS);
    try {
      const stack = await firstJson(child.stdout);
      if (stack === undefined) throw new Error(`npm start printed no description:\n${stderr}`);
      await this.#vote(stack);
    } finally {
      child.kill("SIGTERM");
      await exited;
      clearTimeout(timer);
    }
    if (existsSync(join(this.data, "supervisor.pid"))) throw new Error("the stack did not stop in order");
  }

  /** @param {{ api_url: string, credentials_file: string, law_id: string }} stack */
  async #vote({ api_url, credentials_file, law_id }) {
    const [nas, code] = readFileSync(credentials_file, "utf8").split("\n")[1]?.split(",") ?? [];
    const answer = await fetch(`${api_url}/api/v1/vote`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ nas, code: code?.trim(), law_id, vote: "oui" }),
    });
    if (answer.status !== 202) throw new Error(`the vote was answered ${answer.status}: ${await answer.text()}`);
    const deadline = Date.now() + COUNTED_DEADLINE_MS;
    for (;;) {
      const results = await fetch(`${api_url}/api/v1/results/${law_id}`);
      if (results.ok && (await results.json()).oui_count === 1) return;
      if (Date.now() > deadline) throw new Error("the vote was not counted within a minute");
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }

  smallTests() {
    this.must("npm", ["test", "--", ...SMALL_TESTS]);
  }

  /**
   * Checks that `npm start` fails with one sentence and leaves nothing behind.
   * @param {RegExp} sentence @param {string[]} [more] options
   */
  mustSay(sentence, more = []) {
    const { status, stdout, stderr } = this.run("npm", [
      "start",
      "--silent",
      "--",
      "--port",
      "0",
      "--data",
      this.data,
      ...more,
    ]);
    const last = stderr.trim().split("\n").at(-1) ?? "";
    if (status === 0 || !sentence.test(last))
      throw new Error(`npm start ended with ${status} and said:\n${stdout}${stderr}`.slice(-4_000));
    if (existsSync(this.data) && readdirSync(this.data).includes("supervisor.pid")) throw new Error("a stack is left");
  }

  /** Unmounts a folder of the clone when the clone is removed. @param {string} folder */
  finallyUnmount(folder) {
    this.finally(async () => {
      // Processes that are about to end may be in it.
      const deadline = Date.now() + UNMOUNT_DEADLINE_MS;
      while (spawnSync("umount", [folder]).status !== 0) {
        if (Date.now() > deadline) return this.#must("umount", ["--lazy", folder], this.root);
        await new Promise((wake) => setTimeout(wake, 200));
      }
    });
  }

  async remove() {
    for (const undo of this.#cleanUps.reverse()) await undo();
    rmSync(dirname(this.folder), { recursive: true, force: true, maxRetries: 5 });
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param {string} program @param {string[]} args @param {string} cwd */
  #must(program, args, cwd) {
    const { status, stderr, error } = spawnSync(program, args, { cwd, env: this.shell, encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
  }
}

/** @param {NodeJS.ReadableStream} output */
async function firstJson(output) {
  let text = "";
  for await (const chunk of output) {
    text += chunk;
    const line = text
      .split("\n")
      .slice(0, -1)
      .find((one) => one.startsWith("{"));
    if (line === undefined) continue;
    output.resume();
    return JSON.parse(line);
  }
  return undefined;
}
