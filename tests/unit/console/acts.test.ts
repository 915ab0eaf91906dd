import { expect, test } from "vitest";
import { describeIncomplete, describeOutcome } from "../../../commands/ops/act-words.ts";
import { Acts } from "../../../console/server/acts.ts";
import { requestHash } from "../../../shared/domain/canonical-json.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import { settle } from "../../../shared/messages/operators/queues.ts";
import { findVoter } from "../../../shared/messages/operators/roll-changes.ts";
import { proposal } from "../../support/console/made-states.ts";

const LAW = "L2026-001";
const outcomeOf = (act: string, result: unknown) => ({
  text: describeOutcome(act, result),
  incomplete: describeIncomplete(act, result),
});

/** Approves an act that ends with this result, and says what the page is told. */
async function approved(act: Act, request: object, result: object) {
  const hash = requestHash(act.name, request);
  const waiting = proposal({ act: act.name, request: JSON.stringify(request), hash });
  // What is asked for are the proposal, its approval and the act itself.
  const api = {
    look: async () => ({ proposals: [waiting] }),
    perform: async ({ name }: Act) => ({
      kind: "done",
      result: name === act.name ? result : { proposal: { ...waiting, state: "approved" } },
    }),
  } as never;
  const acts = new Acts(api, outcomeOf, new AbortController().signal);
  await acts.approve({ id: waiting.id, hash, typed: LAW });
  await acts.ended();
  return acts.works[0];
}

const SETTLED = { law_id: LAW, counted: 2, sent_back: 5, without_choice: 0, first_vote_fails: 0 };

test("an approved act says what came of it, in the words of the command", async () => {
  const request = { law_id: LAW, draft: "3f0f1c52-0000-4000-8000-000000000009" };
  const found = { law_id: LAW, on_roll: true, has_voted: false };
  const work = await approved(findVoter, request, found);
  expect(work).toMatchObject({ state: "done", problem: null, outcome: describeOutcome(findVoter.name, found) });
  expect(work?.outcome).toMatch(/roll/);
});

test("an act that left messages where they were is not all done", async () => {
  const request = { law_id: LAW };
  expect(await approved(settle, request, { ...SETTLED, unconfirmed: 0 })).toMatchObject({ state: "done" });
  const work = await approved(settle, request, { ...SETTLED, unconfirmed: 3 });
  expect(work).toMatchObject({
    state: "incomplete",
    problem: {
      message: `3 messages could not be sent and stay where they were: npm run ops -- settle ${LAW} sends them.`,
    },
    outcome: expect.stringContaining("2 voters are counted"),
  });
});
