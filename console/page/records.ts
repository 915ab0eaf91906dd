import type { JournalEntry, Proposal } from "../../shared/messages/operators/journal.ts";
import { actionLink, table } from "../../web/parts/components.ts";
import { h } from "../../web/parts/dom.ts";
import { dayAndTime, number } from "../../web/parts/format.ts";
import { lawCommands } from "../law-commands.ts";
import type { ConsoleState } from "../state.ts";
import { SERVICE_NAMES } from "./attention.ts";
import { code, hint, section, wideTable } from "./parts.ts";
import { moment, t } from "./words.ts";

/** What an act is called; an act of another release has its own name. */
export function actName(act: string, lawId: string | null): string {
  const names: Readonly<Record<string, string>> = t().acts;
  return lawId === null ? (names[act] ?? act) : `${names[act] ?? act} – ${lawId}`;
}

/** What waits for a second person. */
export function proposalsSection({ look, where }: ConsoleState, onLook: (id: string) => void): HTMLElement {
  const texts = t().proposals;
  const proposals = look?.proposals ?? null;
  const only = (text: string) => section(texts.heading, "proposals", h("p", { class: "govuk-body" }, text));
  if (look === null || proposals === null) return only(texts.unknown);
  if (proposals.length === 0) return only(look.two_people ? texts.none : texts.one);
  const item = ({ id, act, law_id, proposed_by, expires_at, state }: Proposal) => {
    const what = actName(act, law_id);
    return h(
      "li",
      { class: "console-proposal" },
      h("strong", {}, what),
      h("div", {}, texts.by(proposed_by, dayAndTime(expires_at))),
      state === "approved" && h("div", {}, texts.approved, " ", code(`npm run ops -- carry-out ${id}${where}`)),
      state === "pending" && proposed_by === look.operator.name && h("div", {}, texts.yours),
      state === "pending" &&
        h(
          "div",
          {},
          actionLink(texts.look(what), () => onLook(id)),
        ),
    );
  };
  return section(texts.heading, "proposals", h("ul", { class: "govuk-list" }, ...proposals.map(item)));
}

/** The services that the stage depends on. */
export function servicesSection({ look }: ConsoleState): HTMLElement | undefined {
  const texts = t().services;
  if (look === null) return undefined;
  const rows = (["postgresql", "redis", "dynamodb", "sqs", "lambda"] as const).map((name) => {
    const { answers, milliseconds } = look.services[name];
    return [SERVICE_NAMES[name], answers ? texts.answers(number(Math.max(1, Math.round(milliseconds)))) : t().away];
  });
  return section(
    texts.heading,
    "services",
    table({ text: texts.heading, isHidden: true }, [{ name: texts.name }, { name: texts.state }], rows),
  );
}

/** The end of the journal, the latest entry first. */
export function journalSection({ look, journal }: ConsoleState): HTMLElement {
  const texts = t().journal;
  const entries = look?.entries ?? null;
  if (entries === null) return section(texts.heading, "journal", h("p", { class: "govuk-body" }, texts.unknown));
  if (entries.length === 0) return section(texts.heading, "journal", h("p", { class: "govuk-body" }, texts.none));
  const row = ({ at, operator, act, law_id, phase }: JournalEntry) => [
    moment(at),
    operator,
    actName(act, law_id),
    texts.phases[phase],
  ];
  return section(
    texts.heading,
    "journal",
    wideTable(
      texts.latest,
      [{ name: texts.time }, { name: texts.who }, { name: texts.what }, { name: t().laws.state }],
      [...entries].reverse().map(row),
    ),
    hint(texts.checked(number(journal.checked))),
  );
}

/** What is not done here, with the command that does it: for each law those of its next step, then the stage's. */
export function commandsSection({ where, look }: ConsoleState): HTMLElement {
  const texts = t().commands;
  const doctor = where === "" ? "npm run doctor" : `npm run doctor --${where}`;
  const ofLaws = (look?.laws ?? []).flatMap((law) =>
    lawCommands(law, look?.now ?? "").map(
      ({ name, command }) => [`${t().law(law.law_id)} – ${texts[name]}`, `${command}${where}`] as const,
    ),
  );
  const rows: readonly (readonly [string, string])[] = [
    ...ofLaws,
    [texts.law, `npm run laws -- show LAW${where}`],
    [texts.rolls, `npm run voters -- count${where}`],
    [texts.doctor, doctor],
    [texts.redrive, `npm run ops -- redrive${where}`],
    [texts.journal, `npm run ops -- journal LAW${where}`],
    [texts.ledger, `npm run ops -- reconcile${where}`],
    [texts.others, "docs/commands.md"],
  ];
  return section(
    texts.heading,
    "commands",
    h(
      "dl",
      { class: "govuk-summary-list" },
      ...rows.map(([what, command]) =>
        h(
          "div",
          { class: "govuk-summary-list__row govuk-summary-list__row--no-actions" },
          h("dt", { class: "govuk-summary-list__key" }, what),
          h("dd", { class: "govuk-summary-list__value" }, code(command)),
        ),
      ),
    ),
  );
}
