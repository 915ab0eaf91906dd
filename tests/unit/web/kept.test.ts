import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  beginDoubt,
  endDoubt,
  finishReceipt,
  forgetMemory,
  forgetReceipt,
  isInDoubt,
  keepPending,
  keepReceipt,
  keptPromise,
  keptReceipt,
  keptTracker,
} from "../../../web/tab/kept.ts";
import { promiseIn } from "../../../web/tab/promise.ts";

/** The storage of a tab. */
class Storage {
  readonly items = new Map<string, string>();
  isFull = false;
  getItem(name: string): string | null {
    return this.items.get(name) ?? null;
  }
  setItem(name: string, value: string): void {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    this.items.set(name, value);
  }
  removeItem(name: string): void {
    this.items.delete(name);
  }
}

const pending = (receipt: string) => ({
  ...{ key: "k1", vote: { nas: "123456789", code: "ABC123", law_id: "L1", vote: "oui" as const } },
  receipt,
});

describe("the receipts in doubt that a tab remembers", () => {
  let storage: Storage;
  beforeEach(() => {
    storage = new Storage();
    vi.stubGlobal("sessionStorage", storage);
  });
  afterEach(() => {
    forgetMemory();
    vi.unstubAllGlobals();
  });
  const kept = () => storage.items.get("referendum-in-doubt");

  test("are each in doubt until they are decided", () => {
    for (const id of ["A1", "A2", "A3"]) expect(beginDoubt(id)).toBe(true);
    endDoubt("A2");
    expect(["A1", "A2", "A3", "A"].map(isInDoubt)).toEqual([true, false, true, false]);
    endDoubt("A1");
    endDoubt("A3");
    expect(storage.items.size).toBe(0);
  });

  test("stay so while another receipt is looked at", () => {
    keepReceipt("A1", true);
    forgetReceipt();
    keepReceipt("B1");
    expect([isInDoubt("A1"), isInDoubt("B1")]).toEqual([true, false]);
    expect(keptReceipt()).toBe("B1");
  });

  test("are forgotten one by one when their readers have finished", () => {
    keepReceipt("A1", true);
    keepReceipt("A2", true);
    finishReceipt("A2");
    expect([isInDoubt("A1"), isInDoubt("A2"), keptReceipt()]).toEqual([true, false, undefined]);
  });

  test("have that of the vote that the tab can still send, also after its reader has finished and given the vote up", () => {
    keepPending(pending("A1"));
    keepReceipt("A1", true);
    finishReceipt("A1");
    expect(isInDoubt("A1")).toBe(true);
    keepPending(undefined);
    expect(isInDoubt("A1")).toBe(true);
  });

  test("are the last fifty", () => {
    for (let number = 1; number <= 51; number++) beginDoubt(`A${number}`);
    // What is in doubt again is the latest.
    beginDoubt("A2");
    beginDoubt("A52");
    expect(["A1", "A2", "A3", "A4", "A52"].map(isInDoubt)).toEqual([false, true, false, true, true]);
    expect(kept()?.split(" ")).toHaveLength(50);
  });

  test("have the one that a page of an earlier release has kept", () => {
    storage.items.set("referendum-in-doubt", "A1");
    beginDoubt("A2");
    expect(["A1", "A2"].map(isInDoubt)).toEqual([true, true]);
  });

  test("keep those of before where the storage is full", () => {
    beginDoubt("A1");
    storage.isFull = true;
    expect(beginDoubt("A2")).toBe(false);
    expect(["A1", "A2"].map(isInDoubt)).toEqual([true, true]);
    expect(keepReceipt("A2", true)).toBe("#id=A2&doubt=1");
    // The page is left.
    forgetMemory();
    expect(["A1", "A2"].map(isInDoubt)).toEqual([true, false]);
  });
});

describe("the tracker of a receipt", () => {
  const TRACKER = "0123456789abcdef0123456789abcdef";
  let storage: Storage;
  beforeEach(() => {
    storage = new Storage();
    vi.stubGlobal("sessionStorage", storage);
  });
  afterEach(() => {
    forgetMemory();
    vi.unstubAllGlobals();
  });

  test("belongs to that receipt alone, and stays when it is looked at again", () => {
    expect(keepReceipt("A1", false, { tracker: TRACKER })).toBe("");
    expect(keepReceipt("A1")).toBe("");
    expect([keptTracker("A1"), keptTracker("A"), keptTracker("B1")]).toEqual([TRACKER, undefined, undefined]);
    storage.items.set("referendum-tracker", "A1 something");
    expect(keptTracker("A1")).toBeUndefined();
  });

  test.each([
    ["another one is looked at", () => keepReceipt("B1")],
    ["another one is asked for", () => forgetReceipt()],
    ["its reader has finished", () => finishReceipt("A1")],
  ])("is forgotten when %s", (_, act) => {
    keepReceipt("A1", false, { tracker: TRACKER });
    act();
    expect(JSON.stringify([...storage.items])).not.toContain(TRACKER);
  });

  test("goes with the address where the storage is full", () => {
    storage.isFull = true;
    expect(keepReceipt("A1", false, { tracker: TRACKER })).toBe(`#id=A1&tracker=${TRACKER}`);
  });
});

describe("the promise of a receipt", () => {
  const ID = "AQGTF9UFcYCjh0oR5Example";
  const PROMISE = {
    ...{ request_id: ID, log_origin: "test/L1/0123456789abcdef", key_id: "0123456789abcdef" },
    ...{ public_key: "A".repeat(43), envelope_sha256: "0".repeat(64), signature: "B".repeat(86) },
  };
  let storage: Storage;
  beforeEach(() => {
    storage = new Storage();
    vi.stubGlobal("sessionStorage", storage);
  });
  afterEach(() => {
    forgetMemory();
    vi.unstubAllGlobals();
  });

  test("belongs to that receipt alone, stays when it is looked at again, and goes with it", () => {
    expect(keepReceipt(ID, false, { promise: PROMISE })).toBe("");
    expect(keepReceipt(ID, false, { tracker: "0".repeat(32) })).toBe("");
    expect([keptPromise(ID), keptPromise(`${ID}x`)]).toEqual([PROMISE, undefined]);
    const { envelope_sha256: _, ...open } = PROMISE;
    keepReceipt(ID, false, { promise: open });
    expect(keptPromise(ID)).toEqual(open);
    finishReceipt(ID);
    expect(JSON.stringify([...storage.items])).not.toContain("signature");
  });

  test("goes with the address where the storage is full", () => {
    storage.isFull = true;
    const fragment = keepReceipt(ID, false, { promise: PROMISE });
    expect(promiseIn(new URLSearchParams(fragment.slice(1)).get("promise") ?? undefined, ID)).toEqual(PROMISE);
  });

  test.each([
    ["of another receipt", { ...PROMISE, request_id: "AQGTF9UFcYCjh0oR5Another" }],
    ["without a signature", { ...PROMISE, signature: undefined }],
    ["with a digest of another form", { ...PROMISE, envelope_sha256: "0" }],
    ["with an origin that is none", { ...PROMISE, log_origin: "a b" }],
    ["that is a list", [PROMISE]],
    ["that is null", null],
  ])("%s is none", (_, wrong) => {
    expect(promiseIn(JSON.stringify(wrong), ID)).toBeUndefined();
    expect(promiseIn("not JSON", ID)).toBeUndefined();
  });
});
