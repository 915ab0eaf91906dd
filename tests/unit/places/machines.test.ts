import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheDirectory } from "../../../places/local/cache.ts";
import {
  dataDirOf,
  isDataDir,
  makeDataDir,
  makeRoot,
  refuseWithoutPermissions,
} from "../../../places/local/data-dir.ts";
import { openToRead } from "../../../places/local/services/postgres-home.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "machines-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("everybody can read and run copied programs, whatever the umask was when they were copied", async () => {
  const bin = join(directory, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "postgres"), "");
  writeFileSync(join(bin, "data"), "");
  symlinkSync("nowhere", join(bin, "link"));
  for (const [name, mode] of [
    ["postgres", 0o700],
    ["data", 0o600],
  ] as const)
    chmodSync(join(bin, name), mode);
  for (const path of [bin, directory]) chmodSync(path, 0o700);
  await openToRead(directory);
  expect([directory, bin, join(bin, "postgres"), join(bin, "data")].map(modeOf)).toEqual(["755", "755", "755", "644"]);
});

describe("a data directory", () => {
  test("on a file system that keeps no permissions is refused in one sentence", () => {
    expect(() => refuseWithoutPermissions("/mnt/c/x", 0o100777)).toThrow(
      /^The data directory \/mnt\/c\/x lies on a file system without permissions.*--data\.$/,
    );
    expect(() => refuseWithoutPermissions("/x", 0o100600)).not.toThrow();
  });

  test("is not one in which somebody else has files with the names of a stack's", async () => {
    const dir = dataDirOf(join(directory, "others"));
    mkdirSync(join(dir.root, "logs"), { recursive: true });
    writeFileSync(dir.keysFile, "{}");
    await expect(makeRoot(dir)).rejects.toThrow(/others has keys\.json, logs, which no stack has made .*--data/);
    expect(existsSync(dir.markFile)).toBe(false);
    expect(await isDataDir(dir.root)).toBe(false);
  });

  test("has a mark, beside files with other names; one of an earlier release gets it", async () => {
    const dir = dataDirOf(join(directory, "data"));
    mkdirSync(dir.root);
    writeFileSync(join(dir.root, "thesis.txt"), "");
    await makeRoot(dir);
    expect(await isDataDir(dir.root)).toBe(true);
    await makeDataDir(dir);
    await makeRoot(dir);
    rmSync(dir.markFile);
    expect(await isDataDir(dir.root)).toBe(false);
    writeFileSync(dir.keysFile, JSON.stringify({ "Referendum-local-StoresPepper243AFC16": "" }));
    await makeRoot(dir);
    expect(existsSync(dir.markFile)).toBe(true);
  });

  test("that cannot be made is reported in one sentence", async () => {
    writeFileSync(join(directory, "file"), "");
    const dir = dataDirOf(join(directory, "file", "data"));
    await expect(makeRoot(dir)).rejects.toThrow(/^The data directory .*file\/data cannot be used \(ENOTDIR.*--data\.$/);
  });
});

test("bundles are kept in the checkout, or in the home directory when it cannot be written to", () => {
  expect(cacheDirectory(directory)).toBe(join(directory, "node_modules/.cache/referendum"));
  // Nobody, root included, writes there.
  expect(cacheDirectory("/proc/1/checkout")).toMatch(new RegExp(`^${homedir()}/.cache/referendum/[0-9a-f]{16}$`));
});
