import type { Page } from "playwright-core";
import type { Texts } from "../../../console/page/texts/en.ts";
import type { ConsoleAnswer, ConsoleRequests, Problem } from "../../../console/state.ts";
import * as made from "./made-states.ts";

/** An answer of the made-up server; `away`: the connection breaks, `never`: there is no answer. */
type Made = ConsoleAnswer<unknown> | "away" | "never" | "locked";
export type MadeServer = Partial<Record<keyof ConsoleRequests, Made | readonly Made[]>>;

/** A state of the console, and how a person comes to it. */
export interface ConsolePageState {
  readonly name: string;
  readonly server: MadeServer;
  readonly act?: (page: Page, texts: Texts) => Promise<void>;
  /** The heading that is found in the end. */
  readonly heading: (texts: Texts) => string;
  /** Something else that is to be seen then. */
  readonly sees?: (texts: Texts) => string;
}

const ok = (result: unknown): ConsoleAnswer<unknown> => ({ ok: true, result });
const no = (code: Problem["code"], message = "It was not done."): ConsoleAnswer<unknown> => ({
  ok: false,
  problem: { code, message },
});

const LAW = "L2026-001";
const day = (t: Texts) => t.overview.title("local");
const close = (t: Texts) => `${t.acts["close-law"]} – ${LAW}`;

const toFreeze = (page: Page, t: Texts) => page.getByRole("button", { name: t.laws.freeze(LAW), exact: true }).click();
const toUnfreeze = (page: Page, t: Texts) =>
  page.getByRole("button", { name: t.laws.unfreeze("L2026-002"), exact: true }).click();
const freezeIt = async (page: Page, t: Texts) => {
  await toFreeze(page, t);
  await page.getByLabel(t.freeze.type).fill(LAW);
  await page.getByRole("button", { name: t.freeze.go, exact: true }).click();
};
const look = (page: Page, t: Texts) =>
  page.getByRole("button", { name: t.proposals.look(close(t)), exact: true }).click();
const approveIt = async (page: Page, t: Texts) => {
  await look(page, t);
  await page.getByLabel(t.decide.type(LAW)).fill(LAW);
  await page.getByRole("button", { name: t.decide.approve }).click();
};
const refuseIt = async (page: Page, t: Texts) => {
  await look(page, t);
  await page.getByRole("button", { name: t.decide.refuse, exact: true }).click();
};

const PROPOSED = ok(made.PROPOSALS);
/** Somebody looks at a proposal, whatever it is: in the list it is that of a close. */
const deciding = (name: string, shown: unknown, sees: (t: Texts) => string, act = "close-law"): ConsolePageState => ({
  name,
  server: { state: PROPOSED, proposal: ok(shown) },
  act: look,
  heading: (t) => {
    const names: Readonly<Record<string, string>> = t.acts;
    return t.decide.title(act === "set-aside" ? `${names[act]}` : `${names[act]} – ${LAW}`);
  },
  sees,
});
const working = (work: ReturnType<typeof made.work>) => ({
  state: [PROPOSED, ok({ ...made.PROPOSALS, works: [work] })],
  proposal: ok(made.CLOSE),
  approve: ok(made.proposal({ state: "approved", decided_by: "anna" })),
});

export const CONSOLE_STATES: readonly ConsolePageState[] = [
  { name: "locked", server: { state: "locked" }, heading: (t) => t.locked.title },
  { name: "ended", server: { state: "away" }, heading: (t) => t.ended.title },
  { name: "loading", server: { state: "never" }, heading: (t) => t.loading },
  { name: "quiet", server: { state: ok(made.QUIET) }, heading: day, sees: (t) => t.laws.none },
  { name: "running", server: { state: ok(made.state()) }, heading: day, sees: (t) => t.attention.nothing },
  { name: "fault", server: { state: ok(made.FAULT) }, heading: day, sees: (t) => t.attention.count(7) },
  { name: "stale", server: { state: ok(made.STALE) }, heading: day, sees: (t) => t.attention.stageAway },
  { name: "unknown", server: { state: ok(made.UNKNOWN) }, heading: day, sees: (t) => t.overview.unknown },
  {
    name: "aws",
    server: { state: ok(made.AWS) },
    act: (page, t) => page.getByText(t.alarms.all).click(),
    heading: (t) => t.overview.title("prod"),
    sees: (t) => t.flow.ofCloudWatch,
  },
  {
    name: "aws-refused",
    server: { state: ok(made.AWS_REFUSED) },
    heading: (t) => t.overview.title("prod"),
    sees: (t) => t.attention.figuresAway,
  },
  {
    name: "paused",
    server: { state: ok(made.state()) },
    act: (page, t) => page.getByRole("button", { name: t.overview.pause, exact: true }).click(),
    heading: day,
    sees: (t) => t.overview.resume,
  },
  { name: "proposals", server: { state: PROPOSED }, heading: day, sees: (t) => t.proposals.yours },
  { name: "unpinned", server: { state: ok(made.UNPINNED) }, heading: day, sees: (t) => t.overview.unpinned },
  {
    name: "journal-broken",
    server: { state: ok(made.BROKEN_JOURNAL) },
    heading: day,
    sees: (t) => t.attention.journal,
  },
  { name: "freeze", server: { state: ok(made.state()) }, act: toFreeze, heading: (t) => t.freeze.title(LAW) },
  {
    name: "freeze-mistyped",
    server: { state: ok(made.state()), freeze: no("typed") },
    act: freezeIt,
    heading: (t) => t.freeze.title(LAW),
    sees: (t) => t.problems.typed(LAW),
  },
  {
    name: "frozen",
    server: { state: ok(made.state()), freeze: ok({ frozen: true, changed: true, seconds: 6, inJournal: true }) },
    act: freezeIt,
    heading: (t) => t.freeze.frozen(LAW),
    sees: (t) => t.freeze.known("6\u00a0s"),
  },
  {
    name: "frozen-without-journal",
    server: { state: ok(made.FAULT), freeze: ok({ frozen: true, changed: false, seconds: 6, inJournal: false }) },
    act: freezeIt,
    heading: (t) => t.freeze.frozen(LAW),
    sees: (t) => t.freeze.noJournal,
  },
  {
    name: "unfreeze",
    server: { state: ok(made.state()) },
    act: toUnfreeze,
    heading: (t) => t.freeze.untitle("L2026-002"),
  },
  deciding("decide-close", made.CLOSE, (t) => t.values.now),
  deciding("decide-count", made.COUNT, (t) => t.decide.countEnds, "count-law"),
  deciding("decide-count-equal", made.COUNT_EQUAL, (t) => t.decide.equal, "count-law"),
  deciding("decide-count-different", made.COUNT_DIFFERENT, (t) => t.decide.different, "count-law"),
  deciding("decide-count-once", made.COUNT_ONCE, (t) => t.decide.openedOnce, "count-law"),
  deciding("decide-seal", made.SEAL, (t) => t.lawFacts.results.live, "seal-roll"),
  deciding("decide-seal-draft", made.SEAL_DRAFT, (t) => t.lawFacts.notTested, "seal-roll"),
  deciding("decide-keys", made.KEYS, (t) => t.lawFacts.keys("k-5e0f1c52", "3", "5", "0a1b2c3d"), "register-keys"),
  deciding(
    "decide-test-opening",
    made.TEST_OPENING,
    (t) => t.lawFacts.statement("1, 2, 4", "k-5e0f1c52"),
    "register-test-opening",
  ),
  deciding("decide-settle", made.SETTLE, (t) => t.decide.incomplete, "settle"),
  deciding("decide-set-aside", made.SET_ASIDE, (t) => t.fields.reason, "set-aside"),
  deciding("decide-would-be-refused", made.WOULD_REFUSE, (t) => t.decide.wouldRefuse),
  deciding("decide-own", made.shown(null, { proposed_by: "anna" }), (t) => t.decide.yours),
  {
    name: "decide-unreadable",
    server: { state: PROPOSED, proposal: no(null, "This release does not know the act melt of the proposal.") },
    act: look,
    heading: (t) => t.decide.problem,
  },
  {
    name: "approve-mistyped",
    server: { state: PROPOSED, proposal: ok(made.CLOSE), approve: no("typed") },
    act: approveIt,
    heading: (t) => t.decide.title(close(t)),
    sees: (t) => t.problems.typed(LAW),
  },
  {
    name: "approve-not-allowed",
    server: { state: PROPOSED, proposal: ok(made.CLOSE), approve: no(null, "The proposal is approved already.") },
    act: approveIt,
    heading: (t) => t.decide.title(close(t)),
    sees: (t) => t.problems.heading,
  },
  {
    name: "approved-under-way",
    server: working(made.work()),
    act: approveIt,
    heading: (t) => t.decide.approved(close(t)),
    sees: (t) => t.decide.doing,
  },
  {
    name: "approved-done",
    server: working(
      made.work({ state: "done", outcome: "L2026-001 is closed.\nIn force at 2026-11-29 10:00:05 -05:00." }),
    ),
    act: approveIt,
    heading: (t) => t.decide.approved(close(t)),
    sees: () => "L2026-001 is closed.",
  },
  {
    name: "approved-incomplete",
    server: working(
      made.work({
        state: "incomplete",
        problem: { message: "3 messages could not be sent.", code: null },
        outcome: "L2026-001: 2 voters are counted.",
      }),
    ),
    act: approveIt,
    heading: (t) => t.decide.approved(close(t)),
    sees: (t) => t.decide.notAllDone,
  },
  {
    name: "approved-failed",
    server: working(made.work({ state: "failed", problem: { message: "The law is not closed.", code: null } })),
    act: approveIt,
    heading: (t) => t.decide.approved(close(t)),
    sees: (t) => t.decide.failed,
  },
  {
    name: "refused",
    server: { state: PROPOSED, proposal: ok(made.CLOSE), refuse: ok(made.proposal({ state: "refused" })) },
    act: refuseIt,
    heading: (t) => t.decide.refused,
  },
];
