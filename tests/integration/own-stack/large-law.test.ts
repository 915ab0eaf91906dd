import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { castVote } from "../../../client/index.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { type ConcludedStack, concludedStack } from "../../support/conclusion/concluded-stack.ts";
import { type Alone, aloneFolder, outcomesOf } from "../../support/conclusion/verify-alone.ts";
import { auditOf } from "../../support/drills/votes.ts";

// A sealed law of as many votes as one likes, from its votes to somebody who has nothing but the published files and
// the client: docs/verifiability.md has what it took.

const VOTES = Number(process.env["REFERENDUM_LARGE_LAW"] ?? 0);
/** Voters who wait for their answers at the same time. */
const AT_ONCE = 32;
const DECIDED_WITHIN_MS = 600_000;
const LAW = `L-${randomBytes(4).toString("hex")}`;

vi.setConfig({ testTimeout: limitOf(3_600), hookTimeout: limitOf(120) });

let stack: ConcludedStack;
let alone: Alone;

beforeAll(async () => {
  if (VOTES === 0) return;
  stack = await concludedStack();
  alone = await aloneFolder();
});
afterAll(async () => {
  await stack?.stop();
  await alone?.remove();
});

/** Says how long a part took. */
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  console.log(`${name}: ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  return result;
}

test.skipIf(VOTES === 0)(
  "a large sealed law is voted on, opened, certified and published, and holds for somebody who has nothing but the client (skipped without REFERENDUM_LARGE_LAW, its number of votes)",
  async () => {
    const { env } = stack;
    const voters = await timed("roll", () => stack.ready(LAW, "sealed", VOTES));
    await timed("votes, sealed and checked by the client", async () => {
      const left = voters.entries();
      const voteInTurn = async () => {
        for (const [index, { nas, code }] of left) {
          const vote = index % 3 === 0 ? "non" : "oui";
          await castVote(env.api.url, { nas, code, law_id: LAW, vote }, { deadlineMs: 120_000 });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, voteInTurn));
    });
    const counted = async () => (await auditOf(env, LAW))["counted"] === VOTES;
    await timed("until the last one is counted", () => env.until("all are counted", counted, DECIDED_WITHIN_MS));
    await timed("close", () => stack.close(LAW));
    expect(await stack.count(LAW)).toMatchObject({ box: { envelopes: VOTES } });
    await timed("export, opening, and bringing the list back twice", () => stack.open(LAW));
    const non = Math.ceil(VOTES / 3);
    const result = await timed("count", () => stack.count(LAW));
    expect(result).toMatchObject({ count: { oui: VOTES - non, non, spoiled: 0 } });
    expect(await timed("certify", () => stack.typed("certify", LAW, "--yes"))).toMatchObject({ code: 0 });
    const folder = join(alone.folder, "bundles", LAW);
    expect(await timed("publish", () => stack.typed("publish", LAW, "--to", folder, "--yes"))).toMatchObject({
      code: 0,
    });
    for (const where of [folder, stack.address(LAW)]) {
      const verified = await timed(`verify, with every promise: ${where}`, () => alone.verify(where));
      expect({ verdict: verified.verdict, fails: outcomesOf(verified).fails }).toEqual({ verdict: "holds", fails: [] });
    }
  },
);
