import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clean, cleanTemporaryDirectories } from "../../../commands/clean/clean.ts";

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

  test("removes the local stack's data only when asked to", async () => {
    const dataDir = await place(root, ".local");
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
    await expect(clean({ root, temporaryFolder, isAlive })).rejects.toThrow(orphan);
    const result = await cleanTemporaryDirectories(temporaryFolder, isAlive);
    expect(result.removed).toEqual([ended]);
    expect(result.kept.join("\n")).toContain(`kill ${ALIVE}`);
    for (const folder of [used, orphan, other]) expect(existsSync(folder)).toBe(true);
  });

  test("takes a half-written stack.json for a stack that died", async () => {
    const dataDir = await place(root, ".local");
    await writeFile(join(dataDir, "stack.json"), '{"pids":');
    const { removed } = await clean({ root, temporaryFolder, dataDir, isAlive });
    expect(removed).toEqual([dataDir]);
  });
});
