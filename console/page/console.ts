import { button, paragraph } from "../../web/parts/components.ts";
import type { ConsoleState } from "../state.ts";
import { ask, takeToken } from "./ask.ts";
import { showProposal } from "./decide.ts";
import { announce, refresh, show, startFrame } from "./frame.ts";
import { type Leave, showFreeze } from "./freeze.ts";
import { overview } from "./overview.ts";
import { t } from "./words.ts";

/** The console's page: it asks its server every few seconds, and shows what the stage says. */

const EVERY_MS = 3_000;
/** Another tab is in front: its title still says what needs attention. */
const HIDDEN_EVERY_MS = 15_000;

let state: ConsoleState | undefined;
let isPaused = false;
/** A form is shown, and is not drawn anew while somebody types. */
let isForm = false;
let timer: ReturnType<typeof setTimeout> | undefined;
/** How often the page has begun: what was asked for before is not shown any more. */
let begun = 0;

const leave: Leave = {
  toOverview: () => {
    toOverview();
    void look();
  },
  closed,
  toWork: () => {
    isForm = false;
    void look();
  },
};

takeToken();
addEventListener("hashchange", () => {
  takeToken();
  begin();
});
addEventListener("resize", redraw);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void look();
});
startFrame();
begin();

function begin(): void {
  begun++;
  [isForm, isPaused, state] = [false, false, undefined];
  show(() => ({ title: t().loading, content: [] }));
  void look();
}

/** Asks once, and again in a while. Pages that are closed ask no more. */
async function look(): Promise<void> {
  clearTimeout(timer);
  if (!isPaused || state === undefined) {
    const since = begun;
    const asked = await ask("state", {});
    if (since !== begun) return;
    if (asked.kind === "locked" || asked.kind === "ended") return closed(asked.kind);
    if (asked.kind === "done") take(asked.result);
  }
  clearTimeout(timer);
  timer = setTimeout(() => void look(), document.visibilityState === "visible" ? EVERY_MS : HIDDEN_EVERY_MS);
}

function take(next: ConsoleState): void {
  const before = state;
  state = next;
  if (before === undefined) {
    toOverview();
    return;
  }
  redraw();
  const [then, now] = [before.attention.length, next.attention.length];
  if (then !== now) announce(now === 0 ? t().attention.nothing : t().attention.count(now));
}

function redraw(): void {
  if (state !== undefined && !isForm) refresh();
}

function toOverview(): void {
  isForm = false;
  show(() => {
    if (state === undefined) return { title: t().loading, content: [] };
    return overview(state, { isPaused, onPause, onFreeze, onLook });
  });
}

function onPause(): void {
  isPaused = !isPaused;
  refresh();
  document.querySelector<HTMLElement>("#pause button")?.focus();
  if (!isPaused) void look();
}

function onFreeze(law: Parameters<typeof showFreeze>[0]): void {
  isForm = true;
  showFreeze(law, leave);
}

function onLook(id: string): void {
  isForm = true;
  void showProposal(id, () => state, leave);
}

/** Nothing can be shown any more: the address is not that of this start, or nobody answers. */
function closed(kind: "locked" | "ended"): void {
  clearTimeout(timer);
  isForm = true;
  show(() => {
    const texts = kind === "locked" ? t().locked : t().ended;
    return {
      title: texts.title,
      content: [paragraph(texts.text), ...(kind === "ended" ? [button(t().ended.again, begin)] : [])],
    };
  });
}
