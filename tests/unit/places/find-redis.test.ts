import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findRedis } from "../../../places/local/services/redis.ts";

const progress = { step: async <T>(_: string, work: () => Promise<T>) => await work(), say: () => undefined };

/** Only root may install. */
describe.runIf(process.getuid?.() === 0)("a machine without Redis, as root on Debian", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "referendum-apt-"));
    mkdirSync(join(folder, "bin"));
    vi.stubEnv("PATH", join(folder, "bin"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** An apt-get that answers so. */
  function aptGet({ update, install }: { update: string; install: string }): void {
    const file = join(folder, "bin", "apt-get");
    writeFileSync(file, `#!/bin/sh\ncase "$1" in update) ${update};; install) ${install};; esac\n`);
    chmodSync(file, 0o755);
  }
  const find = () => findRedis(progress, { PATH: `${join(folder, "bin")}:/usr/bin:/bin` });
  const LOCKED = "echo 'E: Could not get lock /var/lib/apt/lists/lock' >&2; exit 100";

  test("it is installed although another apt-get holds the lists, and Debian's lock is waited for", async () => {
    const server = join(folder, "bin", "redis-server");
    aptGet({ update: LOCKED, install: `echo "$*" > ${folder}/asked; echo > ${server}` });
    expect(await find()).toBe(server);
    expect(readFileSync(join(folder, "asked"), "utf8")).toContain("DPkg::Lock::Timeout=120");
  });

  test("what cannot be installed is said in the words of apt-get", async () => {
    aptGet({ update: LOCKED, install: "echo 'E: Unable to locate package redis-server' >&2; exit 100" });
    await expect(find()).rejects.toThrow(
      "apt-get install redis-server failed: E: Could not get lock /var/lib/apt/lists/lock; " +
        "E: Unable to locate package redis-server",
    );
  });
});
