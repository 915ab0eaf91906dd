import { afterEach, describe, expect, test, vi } from "vitest";
import { canSeal, newSeed, sealBallot } from "../../../client/index.ts";
import { findChromium } from "../../../machine/browser.ts";
import { servePageWith } from "../../support/browser-bundle.ts";
import { Chromium } from "../../support/chromium.ts";
import { fromHex, VECTORS } from "../../support/sealing-vectors.ts";

const { election_key: electionKey } = VECTORS.election;

afterEach(() => vi.unstubAllGlobals());

describe("sealing by WebCrypto", () => {
  test.each(VECTORS.ballots)("gives the vector of option $option, origin $origin", async (vector) => {
    const { origin, option, seed, envelope, tracker } = vector;
    expect(await sealBallot({ origin, electionKey }, option, fromHex(seed))).toEqual({
      type: "sealed",
      envelope,
      tracker,
    });
  });

  test.each([
    ["not_base64url", `${electionKey}=`],
    ["not_base64url", "not base64url"],
    ["not_base64url", `${electionKey.slice(0, -1)}B`],
    ["wrong_length", electionKey.slice(0, -3)],
    ["wrong_length", ""],
    ["low_order_point", Buffer.alloc(32).toString("base64url")],
    ["low_order_point", Buffer.from(`01${"00".repeat(31)}`, "hex").toString("base64url")],
  ])("says %s of a wrong key, and seals nothing", async (type, wrong) => {
    expect(await sealBallot({ origin: "o", electionKey: wrong }, 0, newSeed())).toEqual({ type });
  });

  test("refuses an origin, an option or a seed that is none", async () => {
    const election = { origin: "o", electionKey };
    await expect(sealBallot({ ...election, origin: "a b" }, 0, newSeed())).rejects.toThrow(RangeError);
    await expect(sealBallot(election, 256, newSeed())).rejects.toThrow(RangeError);
    await expect(sealBallot(election, 0, new Uint8Array(31))).rejects.toThrow(RangeError);
  });

  test("makes a new seed each time", () => {
    expect(newSeed()).toHaveLength(32);
    expect(newSeed()).not.toEqual(newSeed());
  });
});

describe("canSeal", () => {
  test("is true on this Node.js", async () => {
    expect(await canSeal()).toBe(true);
  });

  test("is false without WebCrypto, and where it has no X25519", async () => {
    const real = globalThis.crypto;
    vi.stubGlobal("crypto", { getRandomValues: real.getRandomValues.bind(real) });
    expect(await canSeal()).toBe(false);
    const subtle = { importKey: () => Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError")) };
    vi.stubGlobal("crypto", { subtle });
    expect(await canSeal()).toBe(false);
  });
});

const chromium = findChromium();

describe.skipIf(chromium === undefined)(
  "sealing in Chromium (skipped where there is none)",
  { tags: ["browser"] },
  () => {
    test("gives the vectors on a page of this machine, and cannot on a page without WebCrypto", async () => {
      const { url, stop } = await servePageWith("client/index.ts", "client");
      const browser = await Chromium.start(chromium ?? "");
      try {
        const page = await browser.open(400, 800);
        await page.visit(url);
        const votes = VECTORS.ballots.map(({ origin, option, seed }) => ({ origin, option, seed: [...fromHex(seed)] }));
        const sealed = await page.evaluate(`(async () => {
          const election = { electionKey: ${JSON.stringify(electionKey)} };
          const all = [];
          for (const { origin, option, seed } of ${JSON.stringify(votes)}) {
            all.push(await client.sealBallot({ ...election, origin }, option, Uint8Array.from(seed)));
          }
          const low = await client.sealBallot({ origin: "o", electionKey: "A".repeat(43) }, 0, client.newSeed());
          return { can: await client.canSeal(), all, low };
        })()`);
        expect(sealed).toEqual({
          can: true,
          all: VECTORS.ballots.map(({ envelope, tracker }) => ({ type: "sealed", envelope, tracker })),
          low: { type: "low_order_point" },
        });
        await page.evaluate(`void Object.defineProperty(globalThis, "crypto", { value: {} })`);
        expect(await page.evaluate("client.canSeal()")).toBe(false);
        expect(page.problems).toEqual([]);
      } finally {
        await browser.stop();
        await stop();
      }
    });
  },
);
