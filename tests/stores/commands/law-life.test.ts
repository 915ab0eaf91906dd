import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;
beforeAll(async () => {
  line = await startCommandLine();
});
afterAll(() => line?.stop());
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** What a person types after `npm run laws --`. */
const laws = (...args: readonly string[]) => type(lawsCommand, ...args, ...line.here);

test("a draft says how many voters it expects and when its results are public, and is changed", async () => {
  const added = await laws("add", "D1", "--title", "A law", "--expect", "7", "--results", "after-close");
  expect(added.out).toMatch(/It expects 7 voters. Its results are public after it has closed.*--expect 7\n$/s);
  const window = ["--opens", "2090-01-01T08:00:00-05:00", "--closes", "2090-01-01T20:00:00-05:00"];
  const changed = await laws("change", "D1", "--title-fr", "Une loi", "--expect", "8", "--results", "live", ...window);
  expect(changed.out).toMatch(
    /^Changed. D1 is a draft: .* until 2090-01-01T20:00:00-05:00 .* It expects 8 voters.\n$/s,
  );
  expect((await laws("change", "D1", "--expect", "8")).out).toMatch(/^Nothing changed. D1 is a draft/);
  const endless = JSON.parse((await laws("change", "D1", "--no-closes", "--json")).out);
  expect(endless).toMatchObject({ changed: true, closes_at: null, title_fr: "Une loi", results: "live" });
});

test("a change without a wish, with a wrong value, or of what is no draft is refused", async () => {
  expect(await laws("change", "D1")).toMatchObject({ code: 2, err: expect.stringContaining("What changes?") });
  expect((await laws("change", "D1", "--results", "sometimes")).code).toBe(2);
  expect((await laws("change", "D1", "--expect", "0")).code).toBe(2);
  await addReadyLaw(line.stack.target, { lawId: "R1", title: "A law" });
  const refused = await laws("change", "R1", "--title", "Another");
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(/R1 is no draft any more.*laws -- close --data \S+ R1 --at/),
  });
});

test("a closed law is counted when somebody says yes, and shows what it was counted with", async () => {
  const window = { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" };
  await addReadyLaw(line.stack.target, { lawId: "C1", title: "A law", ...window });
  expect((await laws("show", "C1")).out).toMatch(
    /It is not counted: npm run laws -- count --data \S+ C1 says what that needs/,
  );
  expect(await laws("count", "C1")).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /^The law C1 is to be counted with 0 votes of 0 voters: .* is withheld until.*\. 0 duplicates and 0 invalid submissions are not counted\. Set aside on this stage: 0 messages .* 0 receipts\. Counting ends the recording of its votes.*Nothing was done: nobody can be asked/s,
    ),
  });
  expect(await laws("count", "R1")).toMatchObject({ code: 1, err: expect.stringMatching(/R1 has not closed/) });
  const counted = await laws("count", "C1", "--yes");
  expect(counted.out).toMatch(/^C1 is counted. Recording ended at .* with 0 votes: 0 oui, 0 non. 0 duplicates and 0/);
  expect((await laws("show", "C1")).out).toMatch(/^C1 is counted: .*\nRecording ended at/s);
  expect((await laws("count", "R1", "--yes")).err).toMatch(/R1 has not closed.*It is counted after that/);
});
