import type { WatchedLaw } from "../../shared/messages/operators/watch.ts";
import { actionLink } from "../../web/parts/components.ts";
import { h } from "../../web/parts/dom.ts";
import { secondOfDay } from "../../web/parts/format.ts";
import type { ConsoleState } from "../state.ts";
import { alarmsSection, attentionSection } from "./attention.ts";
import { flowSection, queuesSection } from "./flow.ts";
import type { View } from "./frame.ts";
import { lawsSection } from "./laws.ts";
import { commandsSection, journalSection, proposalsSection, servicesSection } from "./records.ts";
import { t } from "./words.ts";

/** What can be done from the overview. */
export interface OverviewActs {
  readonly isPaused: boolean;
  readonly onPause: () => void;
  readonly onFreeze: (law: WatchedLaw) => void;
  readonly onLook: (proposalId: string) => void;
}

/** The whole stage on one page: first what is wrong, then what moves, then what stands. */
export function overview(state: ConsoleState, { isPaused, onPause, onFreeze, onLook }: OverviewActs): View {
  const texts = t().overview;
  const { look, lookedAt, problem, attention } = state;
  const time = lookedAt === null ? "–" : secondOfDay(lookedAt);
  return {
    title: texts.title(state.stage),
    mark: attention.length === 0 ? "" : `(${attention.length}) `,
    content: [
      h(
        "p",
        { class: "govuk-body" },
        look !== null && `${texts.as(look.operator.name)} `,
        look?.operator.pinned === false && `${texts.unpinned} `,
        lookedAt !== null && h("span", { class: "console-time" }, isPaused ? texts.paused(time) : texts.asOf(time)),
        " ",
        h("span", { id: "pause" }, actionLink(isPaused ? texts.resume : texts.pause, onPause)),
      ),
      problem !== null && look !== null && h("p", { class: "govuk-inset-text" }, texts.stale(time)),
      attentionSection(state),
      ...(look === null ? [] : known(state, { onFreeze, onLook })),
      commandsSection(state),
    ],
  };
}

/** What the stage has said; side by side where there is room. */
function known(state: ConsoleState, { onFreeze, onLook }: Pick<OverviewActs, "onFreeze" | "onLook">): HTMLElement[] {
  const pair = (left: readonly (HTMLElement | undefined)[], right: readonly (HTMLElement | undefined)[]) =>
    h("div", { class: "console-pair" }, h("div", {}, ...left), h("div", {}, ...right));
  return [
    pair([flowSection(state)], [queuesSection(state), proposalsSection(state, onLook)]),
    lawsSection(state, onFreeze),
    pair([journalSection(state)], [servicesSection(state), alarmsSection(state)]),
  ];
}
