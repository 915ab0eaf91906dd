import { existsSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clean, cleanTemporaryDirectories, unlessRefused } from "../../../commands/clean/clean.ts";
import { processIdentity } from "../../../machine/processes.ts";
import { dataDirOf, makeDataDir, makeRoot } from "../../../places/local/data-dir.ts";
import { recordProcesses } from "../../../places/local/lock.ts";
import { clusterElsewhere } from "../../../places/local/services/postgres-home.ts";

const ALIVE = 111;
const DEAD = 222;
const isAlive = (pid: number) => pid === ALIVE;

describe("clean", () => {
  let base = "";
  let root = "";
  let temporaryFolder = "";

  const place = async (...path: string[]) => {
    const folder = join(...path);
    await mkdir(folder, { recursive: true });
    return folder;
  };
  /** As a start makes it. */
  const dataDirectory = async (...path: string[]) => {
    const folder = await place(...path);
    await makeRoot(dataDirOf(folder));
    await makeDataDir(dataDirOf(folder));
    return folder;
  };
  const stackIn = async (folder: string, supervisor: number) =>
    await writeFile(join(folder, "stack.json"), JSON.stringify({ pids: { supervisor, front: 3 }, api_url: "x" }));

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "clean-"));
    root = await place(base, "project");
    temporaryFolder = await place(base, "tmp");
  });
  afterEach(async () => {
    await rm(base, { recursive: true });
  });

  test("removes what tests and builds left, and nothing else", async () => {
    for (const name of ["reports", "dist", "cdk.out", "node_modules/.cache/referendum"]) await place(root, name);
    for (const name of ["node_modules/pg", ".local", "docs"]) await place(root, name);
    const { removed } = await clean({ root, temporaryFolder, isAlive });
    expect(removed.sort()).toEqual(
      ["cdk.out", "dist", "node_modules/.cache/referendum", "reports"].map((name) => join(root, name)),
    );
    for (const name of ["node_modules/pg", ".local", "docs"]) expect(existsSync(join(root, name))).toBe(true);
  });

  test("removes the cluster of a data directory that PostgreSQL's user could not enter, with that directory", async () => {
    const dataDir = await dataDirectory(root, ".local");
    const cluster = clusterElsewhere(dataDir);
    await place(cluster);
    try {
      expect((await clean({ root, temporaryFolder, dataDir, isAlive })).removed).toContain(cluster);
      expect([existsSync(dataDir), existsSync(cluster)]).toEqual([false, false]);
    } finally {
      await rm(cluster, { recursive: true, force: true });
    }
  });

  test("removes the local stack's data only when asked to", async () => {
    const dataDir = await dataDirectory(root, ".local");
    await stackIn(dataDir, DEAD);
    await clean({ root, temporaryFolder, isAlive });
    expect(existsSync(dataDir)).toBe(true);
    await clean({ root, temporaryFolder, dataDir, isAlive });
    expect(existsSync(dataDir)).toBe(false);
  });

  test("refuses while a stack runs, and removes nothing then", async () => {
    const dataDir = await place(root, ".local");
    const dist = await place(root, "dist");
    await stackIn(dataDir, ALIVE);
    await expect(clean({ root, temporaryFolder, isAlive })).rejects.toThrow(`process ${ALIVE}`);
    await expect(clean({ root, temporaryFolder, dataDir, isAlive })).rejects.toThrow("Stop it first");
    expect(existsSync(dist)).toBe(true);
  });

  test("leaves a stack of another checkout alone, and cleans beside it", async () => {
    const others = await place(temporaryFolder, `referendum-stack-${ALIVE}-abc`);
    await stackIn(others, ALIVE);
    const dist = await place(root, "dist");
    const { kept } = await clean({ root, temporaryFolder, isAlive });
    expect(existsSync(dist)).toBe(false);
    expect(existsSync(others)).toBe(true);
    expect(kept.join()).toContain(others);
  });

  test("refuses to delete another data directory that is in use", async () => {
    const dataDir = await place(base, "elsewhere");
    await stackIn(dataDir, ALIVE);
    await expect(clean({ root, temporaryFolder, dataDir, isAlive })).rejects.toThrow(dataDir);
  });

  test("removes stacks of test runs that have ended, and leaves those in use", async () => {
    const ended = await place(temporaryFolder, `referendum-test-${DEAD}-abc`);
    const used = await place(temporaryFolder, `referendum-test-${ALIVE}-abc`);
    const orphan = await place(temporaryFolder, `referendum-test-${DEAD}-orphan`);
    const other = await place(temporaryFolder, "somebody-elses");
    await stackIn(ended, DEAD);
    await stackIn(orphan, ALIVE);
    const result = await cleanTemporaryDirectories(temporaryFolder, isAlive);
    expect(result.removed).toEqual([ended]);
    expect(result.kept.join("\n")).toContain(`kill ${ALIVE}`);
    for (const folder of [used, orphan, other]) expect(existsSync(folder)).toBe(true);
  });

  test("leaves a folder that the system refuses to remove, and fails for any other reason", async () => {
    const refusal = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
    const result = { removed: [], kept: [] };
    await unlessRefused("/tmp/x", result, refusal("EACCES"));
    expect(result.kept).toEqual(["/tmp/x: it holds files of another user (EACCES)"]);
    await expect(unlessRefused("/tmp/x", result, refusal("EIO"))).rejects.toThrow("EIO");
  });

  test("leaves what belongs to another user alone, and goes on", async () => {
    const path = await place(temporaryFolder, `referendum-bench-${DEAD}-abc`);
    const other = statSync(path).uid + 1;
    expect(await cleanTemporaryDirectories(temporaryFolder, isAlive, other)).toEqual({
      removed: [],
      kept: [`${path}: it belongs to another user`],
    });
    expect(await cleanTemporaryDirectories(temporaryFolder, isAlive, 0)).toEqual({ removed: [path], kept: [] });
  });

  test("takes a half-written stack.json for the trace of a dead stack", async () => {
    const dataDir = await dataDirectory(root, ".local");
    await writeFile(join(dataDir, "stack.json"), '{"pids":');
    const { removed } = await clean({ root, temporaryFolder, dataDir, isAlive });
    expect(removed).toEqual([dataDir]);
  });

  test("does not remove a directory that no stack has made, and then removes nothing else", async () => {
    const dataDir = await place(base, "thesis");
    const dist = await place(root, "dist");
    for (const name of ["logs", "redis"]) await place(dataDir, name);
    await writeFile(join(dataDir, "stack.json"), "{}");
    await expect(clean({ root, temporaryFolder, dataDir, isAlive })).rejects.toThrow(/is not the data directory/);
    for (const folder of [dataDir, join(dataDir, "logs"), dist]) expect(existsSync(folder)).toBe(true);
  });

  test("leaves other files in a data directory, and says so", async () => {
    const dataDir = await dataDirectory(base, "elsewhere");
    await writeFile(join(dataDir, "thesis.txt"), "");
    await writeFile(join(dataDir, "keys.json"), "{}");
    const { removed, kept } = await clean({ root, temporaryFolder, dataDir, isAlive });
    expect([removed, kept]).toEqual([[`the stack's files in ${dataDir}`], [`${dataDir}: no stack made thesis.txt`]]);
    expect(await readdir(dataDir)).toEqual(["thesis.txt"]);
  });

  test("refuses while a stack runs from the project's bundles on a data directory that nobody named", async () => {
    const stacks = await place(root, "node_modules/.cache/referendum/stacks");
    const stack = { ...processIdentity(process.pid), data_dir: "/somewhere/else" };
    await writeFile(join(stacks, "1.json"), JSON.stringify(stack));
    await expect(clean({ root, temporaryFolder, isAlive })).rejects.toThrow("/somewhere/else");
    expect(existsSync(stacks)).toBe(true);
    await writeFile(join(stacks, "1.json"), JSON.stringify({ ...stack, started: "another process's start" }));
    expect((await clean({ root, temporaryFolder, isAlive })).removed).toEqual([
      join(root, "node_modules/.cache/referendum"),
    ]);
  });

  test("names servers that a killed stack left, and removes nothing beneath them", async () => {
    const dataDir = await dataDirectory(base, "elsewhere");
    recordProcesses(dataDirOf(dataDir), { redis: process.pid });
    await expect(clean({ root, temporaryFolder, dataDir, isAlive })).rejects.toThrow(`redis ${process.pid}`);
    const ended = await dataDirectory(temporaryFolder, `referendum-stack-${DEAD}-abc`);
    recordProcesses(dataDirOf(ended), { redis: process.pid });
    const { removed, kept } = await cleanTemporaryDirectories(temporaryFolder, isAlive);
    expect([removed, kept.join()]).toEqual([[], expect.stringContaining(`kill ${process.pid}`)]);
  });

  test.each(["stack", "load", "bench"])("removes rolls and votes that a killed %s left", async (purpose) => {
    const folder = await place(temporaryFolder, `referendum-${purpose}-${DEAD}-abc`);
    expect((await clean({ root, temporaryFolder, isAlive })).removed).toEqual([folder]);
  });
});
