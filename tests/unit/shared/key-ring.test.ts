import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, describe, expect, it, vi } from "vitest";
import { KeyRing } from "../../../shared/runtime/key-ring.ts";

const SEED = "a seed of these tests, which is long enough";

afterEach(() => vi.restoreAllMocks());

/** A secret store with one secret, and a clock that a test moves. */
async function build() {
  const client = new SecretsManagerClient({ region: "ca-central-1" });
  const store: { secret: string | undefined; reads: number; nowMs: number } = {
    secret: JSON.stringify({ version: 1, seed: SEED }),
    reads: 0,
    nowMs: 0,
  };
  vi.spyOn(client, "send").mockImplementation(async (command: unknown) => {
    expect(command).toBeInstanceOf(GetSecretValueCommand);
    store.reads += 1;
    return { SecretString: store.secret };
  });
  const ring = await KeyRing.load(client, { requestIdMac: "request-ids" }, () => store.nowMs);
  const rotate = () => {
    store.secret = JSON.stringify({ version: 2, seed: `${SEED} too`, previous: { 1: SEED } });
  };
  return { ring, store, rotate };
}

describe("the keys of an execution environment", () => {
  it("are read once as long as they have what is asked for", async () => {
    const { ring, store } = await build();
    for (let vote = 0; vote < 3; vote += 1) expect((await ring.holding(1)).has(1)).toBe(true);
    expect(store.reads).toBe(1);
  });

  it("are read again for a version that they lack, and keep the old one's key", async () => {
    const { ring, store, rotate } = await build();
    const before = (await ring.holding(1)).requestIdMac(1)?.export();
    rotate();
    const keys = await ring.holding(2);
    expect(keys.requestIdMac(1)?.export()).toEqual(before);
    expect(keys.requestIdMac(2)?.export()).not.toEqual(before);
    expect([keys.has(2), store.reads]).toEqual([true, 2]);
  });

  it("are read again at most every ten seconds, whatever is asked for", async () => {
    const { ring, store, rotate } = await build();
    for (let version = 3; version < 100; version += 1) expect((await ring.holding(version)).has(version)).toBe(false);
    expect(store.reads).toBe(2);
    rotate();
    store.nowMs = 9_999;
    expect((await ring.holding(2)).has(2)).toBe(false);
    store.nowMs = 10_000;
    expect((await ring.holding(2)).has(2)).toBe(true);
    expect(store.reads).toBe(3);
  });

  it("that cannot be read again fail a request for a new version each time, and the old ones stay", async () => {
    const { ring, store } = await build();
    store.secret = "not JSON";
    await expect(ring.holding(2)).rejects.toThrow("the request id mac secret is not JSON");
    await expect(ring.holding(2)).rejects.toThrow("the request id mac secret is not JSON");
    expect([store.reads, (await ring.holding(1)).has(1)]).toEqual([2, true]);
  });
});
