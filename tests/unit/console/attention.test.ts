import { describe, expect, test } from "vitest";
import { attentionOf, type Known } from "../../../console/server/attention.ts";
import { AWS, FAULT, state } from "../../support/console/made-states.ts";

const { look, figures } = state();
if (look === null || figures === null) throw new Error("the made-up state has a look and figures");
/** Nothing is wrong, with one change. */
const kinds = (change: Partial<Known> = {}) =>
  attentionOf({ look, figures, isAway: false, areFiguresAway: false, brokenJournal: null, ...change }).map(
    ({ kind }) => kind,
  );

describe("what needs attention", () => {
  test("is nothing on a good day", () => {
    expect(kinds()).toEqual([]);
    expect(kinds({ look: null, figures: null })).toEqual([]);
  });

  test("is what stops votes", () => {
    expect(kinds({ look: FAULT.look, figures: FAULT.figures })).toEqual([
      "service_away",
      "paused",
      "dead_letters",
      "waiting",
      "undecided",
    ]);
  });

  test("is a stage that does not answer, and a journal that is not whole", () => {
    expect(kinds({ isAway: true, brokenJournal: "entry 3 is missing" })).toEqual(["stage_away", "journal"]);
  });

  test("are metrics that cannot be read: an alarm may be on", () => {
    expect(kinds({ areFiguresAway: true, figures: null })).toEqual(["figures_away"]);
  });

  test("is an open law without its roll in Redis, but no draft, and no law of which Redis says nothing", () => {
    const laws = (look.laws ?? []).map((law) => ({
      ...law,
      complete: law.law_id === "L2026-001" ? false : law.complete,
    }));
    expect(
      attentionOf({ look: { ...look, laws }, figures, isAway: false, areFiguresAway: false, brokenJournal: null }),
    ).toEqual([{ kind: "roll", lawId: "L2026-001", runbook: "alarm-roll-not-loaded" }]);
    const unknown = laws.map((law) => ({ ...law, complete: null }));
    expect(kinds({ look: { ...look, laws: unknown } })).toEqual([]);
  });

  test("are votes that wait for longer than usual, and many invalid ones", () => {
    const oldest = (votes: number | null) => ({ figures: { ...figures, oldest: { votes, outcomes: 0 } } });
    expect([14.9, 15, null].map((age) => kinds(oldest(age)))).toEqual([[], ["waiting"], []]);
    const invalid = (share: number, decided: number) => ({
      figures: { ...figures, now: { ...figures.now, decided, invalid: share * decided } },
    });
    expect(kinds(invalid(0.21, 10))).toEqual(["invalid"]);
    expect(kinds(invalid(0.2, 10))).toEqual([]);
    // In a quiet hour, a few wrong codes do not mean anything.
    expect(kinds(invalid(0.9, 0.5))).toEqual([]);
  });

  test("in an account, is what CloudWatch's alarms say, and not what the console thinks of the same", () => {
    const { figures: ofAws } = AWS;
    if (ofAws === null) throw new Error("the made-up account has figures");
    const slow = { ...ofAws, oldest: { votes: 500, outcomes: 500 }, now: { ...ofAws.now, undecided: 9 } };
    expect(
      attentionOf({ look, figures: slow, isAway: false, areFiguresAway: false, brokenJournal: null }),
    ).toMatchObject([{ kind: "alarm", name: "votes-oldest-message" }]);
  });

  test("names only sections that the runbook has", async () => {
    const { readFileSync } = await import("node:fs");
    const headings = [...readFileSync("docs/runbook.md", "utf8").matchAll(/^## (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    const found = [
      ...attentionOf({
        look: FAULT.look,
        figures: FAULT.figures,
        isAway: true,
        areFiguresAway: true,
        brokenJournal: "x",
      }),
      ...attentionOf({ look, figures: AWS.figures, isAway: false, areFiguresAway: false, brokenJournal: null }),
      ...FAULT.attention,
    ];
    for (const { runbook } of found) if (runbook !== null) expect(headings).toContain(runbook);
  });
});
