import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isInstalled, pathWithTools } from "../../../bin/install.mjs";
import { tryClaim } from "../../../bin/install-claim.mjs";
import { missingRedis } from "../../../bin/redis.mjs";
import { listCommands, parseArguments, withCompileCache } from "../../../bin/run.mjs";
import { compileCacheDirectory } from "../../../places/local/cache.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const NO_PROCESS = 2 ** 22 + 1;

describe("parseArguments", () => {
  test("passes on everything after the command unchanged", () => {
    expect(parseArguments(["laws", "add", "--title", "A b", "--", "-x"], ["laws"])).toEqual({
      command: "laws",
      rest: ["add", "--title", "A b", "--", "-x"],
    });
  });

  test("names the commands when one is missing or unknown", () => {
    for (const args of [[], ["--help"], ["vote"], ["../evil"]]) {
      expect(parseArguments(args, ["laws", "local"])).toEqual({ problem: expect.stringContaining("laws, local") });
    }
    expect(parseArguments(["vote"], ["laws"])).toEqual({ problem: expect.stringContaining('no command "vote"') });
  });

  test("runs tools by name only", () => {
    expect(parseArguments(["exec", "cdk", "synth", "-q"], [])).toEqual({ tool: "cdk", rest: ["synth", "-q"] });
    expect(parseArguments(["exec", "../cdk"], [])).toHaveProperty("problem");
    expect(parseArguments(["exec"], [])).toHaveProperty("problem");
  });

  test("offers a command for every file of bin/", async () => {
    const files = (await readdir(join(ROOT, "bin"))).filter((name) => name.endsWith(".ts"));
    expect(listCommands(ROOT)).toEqual(files.map((name) => name.replace(/\.ts$/, "")).sort());
  });
});

describe("a missing Redis", () => {
  const machine = (files: readonly string[], more: object = {}) => ({
    ...{ path: ["/a", "/b"].join(delimiter), isRoot: false, platform: "linux" },
    exists: (file: string) => files.includes(file),
    ...more,
  });

  test("is reported before anything is installed, with the command to type", () => {
    expect(missingRedis(machine([]))).toContain("sudo apt-get install redis-server");
    expect(missingRedis(machine([], { platform: "darwin" }))).toContain("brew install redis");
    expect(missingRedis(machine(["/a/apt-get"]))).toContain("apt-get");
  });

  test("is not reported if a server is on the path, or root can install one", () => {
    for (const here of [
      machine(["/b/redis-server"]),
      machine(["/a/valkey-server"]),
      machine(["/a/apt-get"], { isRoot: true }),
    ])
      expect(missingRedis(here)).toBeUndefined();
  });
});

describe("isInstalled", () => {
  const lock = {
    packages: { "": {}, a: { version: "1.0.0", integrity: "x" }, b: { version: "2.0.0", optional: true } },
  };

  test("accepts a tree that lacks only optional packages", () => {
    expect(isInstalled(lock, { packages: { a: { version: "1.0.0", integrity: "x" } } })).toBe(true);
  });

  test.each([
    ["a package is missing", {}],
    ["a version differs", { a: { version: "1.0.1", integrity: "x" } }],
    ["a content differs", { a: { version: "1.0.0", integrity: "y" } }],
    ["an optional package is another version", { a: { version: "1.0.0", integrity: "x" }, b: { version: "1.0.0" } }],
  ])("refuses a tree where %s", (_what, packages) => {
    expect(isInstalled(lock, { packages })).toBe(false);
  });
});

test("pathWithTools puts the project's tools first, once", () => {
  const tools = join("/p", "node_modules", ".bin");
  expect(pathWithTools("/p", ["/usr/bin", tools, "/bin"].join(delimiter))).toBe(
    [tools, "/usr/bin", "/bin"].join(delimiter),
  );
});

describe("the claim on an installation", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "claim-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test("is held by one process at a time and leaves nothing else behind", async () => {
    const claim = join(folder, "lock");
    expect(tryClaim(claim)).toBe(true);
    expect(tryClaim(claim)).toBe(false);
    expect(await readdir(folder)).toEqual(["lock"]);
    expect(await readFile(claim, "utf8")).toBe(String(process.pid));
  });

  test("stays with npm if npm outlives the process that started it", async () => {
    const claim = join(folder, "lock");
    await writeFile(claim, `${NO_PROCESS} ${process.pid}`);
    expect(tryClaim(claim)).toBe(false);
    expect(tryClaim(claim)).toBe(false);
    await writeFile(claim, `${NO_PROCESS} ${NO_PROCESS + 1}`);
    expect(tryClaim(claim)).toBe(false);
    expect(tryClaim(claim)).toBe(true);
  });

  test("is taken over from a process that no longer exists", async () => {
    const claim = join(folder, "lock");
    await writeFile(claim, String(NO_PROCESS));
    expect(tryClaim(claim)).toBe(false);
    expect(tryClaim(claim)).toBe(true);
    expect(await readdir(folder)).toEqual(["lock"]);
  });
});

test("what is compiled is kept for the next command, where the user says if so, and never by clean", () => {
  const kept = withCompileCache({ HOME: "/home/x" }, "laws").NODE_COMPILE_CACHE;
  expect(kept).toBe(join(ROOT, "node_modules/.cache/referendum/compiled"));
  expect(kept).toBe(compileCacheDirectory(ROOT));
  expect(withCompileCache({ NODE_COMPILE_CACHE: "/elsewhere" }, undefined).NODE_COMPILE_CACHE).toBe("/elsewhere");
  expect(withCompileCache({ HOME: "/home/x" }, "clean")).toEqual({ HOME: "/home/x" });
});

test("run.mjs reports its own errors on stderr, exits with 2 and leaves stdout empty", async () => {
  const child = spawn(process.execPath, [join(ROOT, "bin/run.mjs"), "nonsense"], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk;
  });
  const [code] = await once(child, "close");
  expect({ code, stdout: output.stdout }).toEqual({ code: 2, stdout: "" });
  expect(output.stderr).toContain('There is no command "nonsense"');
});
