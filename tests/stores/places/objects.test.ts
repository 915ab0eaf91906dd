import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ObjectFiles } from "../../../places/local/objects/object-files.ts";
import { S3Endpoint } from "../../../places/local/objects/s3-endpoint.ts";
import { S3ObjectStore } from "../../../shared/stores/objects.ts";

let root: string;
let endpoint: S3Endpoint;
let client: S3Client;
let store: S3ObjectStore;
let url: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "referendum-objects-"));
  await start();
});
afterEach(async () => {
  await stop();
  await rm(root, { recursive: true, force: true });
});

async function start(): Promise<void> {
  endpoint = new S3Endpoint(new ObjectFiles(root), ["archive"]);
  url = `http://127.0.0.1:${await endpoint.listen(0)}`;
  client = new S3Client({
    endpoint: url,
    region: "ca-central-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
    maxAttempts: 1,
  });
  store = new S3ObjectStore(client, "archive");
}

async function stop(): Promise<void> {
  client.destroy();
  await endpoint.close();
}

const text = async (key: string) => {
  const body = await store.get(key);
  return body === undefined ? undefined : Buffer.from(body).toString();
};

describe("the local object store, through the SDK", () => {
  test("gives back what was put, also after a restart", async () => {
    expect(await store.get("a/b")).toBeUndefined();
    expect(await store.has("a/b")).toBe(false);
    expect(await store.put("a/b", Buffer.from("one"))).toBe(true);
    expect(await store.put("a", Buffer.from("beside it"))).toBe(true);
    const large = Buffer.alloc(3 * 2 ** 20, "x");
    expect(await store.put("large", large)).toBe(true);
    expect(await store.put("empty", new Uint8Array())).toBe(true);
    await stop();
    await start();
    expect(await text("a/b")).toBe("one");
    expect(await text("a")).toBe("beside it");
    expect(await text("empty")).toBe("");
    expect(Buffer.from((await store.get("large")) ?? []).equals(large)).toBe(true);
    expect(await store.has("a/b")).toBe(true);
  });

  test("replaces an object, but not one that is to be written once", async () => {
    expect(await store.put("key", Buffer.from("one"), { once: true })).toBe(true);
    expect(await store.put("key", Buffer.from("two"), { once: true })).toBe(false);
    expect(await text("key")).toBe("one");
    expect(await store.put("key", Buffer.from("three"))).toBe(true);
    expect(await text("key")).toBe("three");
  });

  test("removes an object, and is content if there is none", async () => {
    await store.put("part/key", Buffer.from("one"));
    await store.put("part/other", Buffer.from("two"));
    for (let times = 0; times < 2; times++) await store.remove("part/key");
    expect(await store.get("part/key")).toBeUndefined();
    expect(await store.keys("part/")).toEqual(["part/other"]);
    expect(await store.put("part/key", Buffer.from("three"), { once: true })).toBe(true);
    await stop();
    await start();
    expect(await text("part/key")).toBe("three");
  });

  test("replaces an object only as it was read, where that is asked", async () => {
    expect(await store.put("key", Buffer.from("one"), { replaces: '"none"' })).toBe(false);
    expect(await store.read("key")).toBeUndefined();
    await store.put("key", Buffer.from("one"));
    const { tag = "" } = (await store.read("key")) ?? {};
    const writers = Array.from({ length: 10 }, (_, n) => store.put("key", Buffer.from(`${n}`), { replaces: tag }));
    const won = (await Promise.all(writers)).flatMap((isWritten, n) => (isWritten ? [String(n)] : []));
    expect([won.length, await text("key")]).toEqual([1, won[0]]);
    expect(await store.put("key", Buffer.from("late"), { replaces: tag })).toBe(false);
    expect(await text("key")).toBe(won[0]);
  });

  test("lets one of many writers at the same moment win", async () => {
    const writers = Array.from({ length: 20 }, (_, n) => store.put("contested", Buffer.from(`${n}`), { once: true }));
    const won = (await Promise.all(writers)).flatMap((isWritten, n) => (isWritten ? [String(n)] : []));
    expect(won).toHaveLength(1);
    expect(await text("contested")).toBe(won[0]);
  });

  test("lists names in the order of their bytes, by what they begin with, page by page", async () => {
    const keys = ["b/2", "b/10", "b/1/x", "b", "c/é", "c/Z", "c/a b&<>", "c/...", "bb"];
    for (const key of keys) await store.put(key, Buffer.from(key));
    const sorted = (some: readonly string[]) =>
      [...some].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await store.keys("")).toEqual(sorted(keys));
    expect(await store.keys("b/")).toEqual(sorted(["b/2", "b/10", "b/1/x"]));
    expect(await store.keys("b/1")).toEqual(sorted(["b/10", "b/1/x"]));
    expect(await store.keys("b/", "b/10")).toEqual(["b/2"]);
    expect(await store.keys("none/")).toEqual([]);
    for (const key of keys) expect(await text(key)).toBe(key);
    const many = Array.from({ length: 1_005 }, (_, n) => `many/${String(n).padStart(5, "0")}`);
    const files = new ObjectFiles(root);
    for (const key of many) await files.put("archive", key, Buffer.from("x"), {});
    const first = await store.keys("many/");
    expect(first).toEqual(many.slice(0, 1_000));
    expect(await store.keys("many/", first.at(-1))).toEqual(many.slice(1_000));
  });

  test("has nothing of an object whose writer was killed, and removes its draft at the next start", async () => {
    const module = new URL("../../../places/local/objects/object-files.ts", import.meta.url).href;
    const script = `
      import { ObjectFiles } from ${JSON.stringify(module)};
      const files = new ObjectFiles(${JSON.stringify(root)});
      for (let n = 0; ; n++) {
        await files.put("archive", "key" + n % 3, Buffer.alloc(8 * 2 ** 20, n % 256), {});
        process.stdout.write("written");
      }
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // One object is there, and the writer is somewhere in the middle of the next one.
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const keys = await store.keys("key");
    expect(keys).toContain("key0");
    for (const key of keys) {
      const body = Buffer.from((await store.get(key)) ?? []);
      expect(body).toHaveLength(8 * 2 ** 20);
      expect(new Set(body).size).toBe(1);
    }
    await writeFile(join(root, ".drafts", "left"), "half an object");
    await stop();
    await start();
    expect(await readdir(join(root, ".drafts"))).toEqual([]);
  });

  test.each([
    ["GET", "/other/key", 404, "NoSuchBucket"],
    ["DELETE", "/archive/key?versionId=1", 501, "NotImplemented"],
    ["POST", "/archive/key?uploads", 501, "NotImplemented"],
    ["GET", "/archive/missing", 404, "NoSuchKey"],
    ["GET", "/archive/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, "NoSuchKey"],
  ])("answers %s %s with %i", async (method, path, status, code) => {
    const answer = await fetch(`${url}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(`<Code>${code}</Code>`);
  });
});
