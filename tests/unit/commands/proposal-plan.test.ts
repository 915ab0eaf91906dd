import { describe, expect, test } from "vitest";
import { planOf } from "../../../commands/ops/proposal-plan.ts";
import type { OperatorsApi } from "../../../places/operators/client.ts";
import { certifyLaw, publishLaw } from "../../../shared/messages/operators/conclusion.ts";

const ENDED = "2026-11-25T02:00:00.000Z";
const count = { ended_at: ENDED, oui: 2, non: 1, counted: 3, duplicate: 1, invalid: 0, spoiled: 0 };

/** What a second person is shown before they approve an act on a law in some state. */
function shown(act: typeof certifyLaw | typeof publishLaw, law: object): Promise<string> {
  const look = async () => ({ law: { law_id: "L1", form: "open", log_key: "k", ...law }, count });
  const api = { look } as unknown as Pick<OperatorsApi, "look">;
  return planOf(api, { act, request: { law_id: "L1" }, word: "L1" });
}

describe("before somebody approves it", () => {
  test("certifying a counted law is shown with its figures", async () => {
    expect(await shown(certifyLaw, { state: "counted" })).toMatch(
      /^The law L1 is to be certified\. .* with 3 votes: 2 oui, 1 non\. 1 duplicate and 0 .* certified once/,
    );
  });

  test.each([
    ["open", "the list of its submissions. What"],
    ["sealed", "the list of its submissions, and the list of its opened ballots. What"],
  ])("publishing a certified law is shown with what everybody can then download: %s", async (form, lists) => {
    const said = await shown(publishLaw, { state: "certified", form });
    expect(said).toMatch(/^The law L1 is to be published\. .* with 3 votes: 2 oui, 1 non\./);
    expect(said).toContain(`Everybody can then download ${lists} is published stays for ever.`);
  });

  test.each([
    ["a law that is not counted", certifyLaw, { state: "closed" }],
    ["a law without a log", certifyLaw, { state: "counted", log_key: null }],
    ["a law that is certified already", certifyLaw, { state: "certified" }],
    ["a law that is not certified", publishLaw, { state: "counted" }],
    ["a law that is published already", publishLaw, { state: "published" }],
  ])("nothing is shown of %s: the stage refuses the act, or it changes nothing", async (_, act, law) => {
    expect(await shown(act, law)).toBe("");
  });
});
