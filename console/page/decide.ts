import type { PublicFile, TestStatement } from "../../shared/messages/trustees.ts";
import { button, errorSummary, paragraph, type SummaryRow, summaryList } from "../../web/parts/components.ts";
import { type Child, h } from "../../web/parts/dom.ts";
import { dayAndTime, number } from "../../web/parts/format.ts";
import type { ConsoleState, Problem, ShownProposal, Work } from "../state.ts";
import { ask } from "./ask.ts";
import { factsContent } from "./facts.ts";
import { show, type View } from "./frame.ts";
import { back, faultsOf, type Leave, typingForm } from "./freeze.ts";
import { code, english, problemText } from "./parts.ts";
import { actName } from "./records.ts";
import { t } from "./words.ts";

/** What the page knows when somebody decides. */
type Known = () => ConsoleState | undefined;

/** Shows a proposal, with what it would do now, and asks what the second person wants. */
export async function showProposal(id: string, known: Known, leave: Leave): Promise<void> {
  show(() => ({ title: t().loading, content: [] }));
  const asked = await ask("proposal", { id });
  if (asked.kind === "problem") return show(() => unreadable(asked.problem, leave));
  if (asked.kind !== "done") return leave.closed(asked.kind);
  showDecision(asked.result, known, leave);
}

function unreadable(problem: Problem, leave: Leave): View {
  return {
    title: t().decide.problem,
    content: [h("p", { class: "govuk-inset-text" }, ...problemText(problem)), back(leave)],
  };
}

function showDecision(shown: ShownProposal, known: Known, leave: Leave): void {
  const { proposal, word } = shown;
  const { id, hash } = proposal;
  let typed = "";
  let answer: { readonly kind: "problem"; readonly problem: Problem } | undefined;
  let isUnderWay = false;
  const decide = async (name: "approve" | "refuse") => {
    if (isUnderWay) return;
    isUnderWay = true;
    const asked = name === "approve" ? await ask(name, { id, hash, typed }) : await ask(name, { id, hash });
    isUnderWay = false;
    if (asked.kind === "done") return name === "approve" ? showWork(shown, known, leave) : showRefused(shown, leave);
    if (asked.kind !== "problem") return leave.closed(asked.kind);
    answer = asked;
    show(view);
  };
  const view = (): View => {
    const texts = t().decide;
    const faults = faultsOf(answer, word);
    const operator = known()?.look?.operator;
    const why = operator?.name === proposal.proposed_by ? texts.yours : operator?.pinned === false && texts.unpinned;
    const canDecide = proposal.state === "pending" && (why === false || why === undefined);
    return {
      title: texts.title(actName(proposal.act, proposal.law_id)),
      isError: faults.length > 0,
      content: [
        errorSummary(faults),
        summaryList(rowsOf(shown)),
        ...factsContent(shown.facts),
        why && proposal.state === "pending" && h("p", { class: "govuk-inset-text" }, why),
        ...(canDecide
          ? [
              warningText(texts.irrevocable),
              typingForm({
                id: "typed",
                label: texts.type(word),
                hint: texts.hint,
                value: typed,
                faults,
                button: texts.approve,
                onType: (value) => {
                  typed = value;
                },
                onGo: (event) => {
                  event.preventDefault();
                  void decide("approve");
                },
              }),
              button(texts.refuse, () => void decide("refuse"), true),
              h(
                "p",
                { class: "govuk-body" },
                `${texts.only} `,
                code(`npm run ops -- approve ${id} --no-carry-out${known()?.where ?? ""}`),
              ),
            ]
          : []),
        back(leave),
      ],
    };
  };
  show(view);
}

/** With the word of this page: the design system's own says it in the words of the voters' pages. */
function warningText(text: string): HTMLElement {
  return h(
    "div",
    { class: "govuk-warning-text" },
    h("span", { class: "govuk-warning-text__icon", "aria-hidden": "true" }, "!"),
    h(
      "strong",
      { class: "govuk-warning-text__text" },
      h("span", { class: "govuk-visually-hidden" }, `${t().decide.warning} `),
      text,
    ),
  );
}

function showRefused({ proposal }: ShownProposal, leave: Leave): void {
  show(() => ({
    title: t().decide.refused,
    content: [paragraph(actName(proposal.act, proposal.law_id)), back(leave)],
  }));
}

/** An approved act is being done; what the page knows next says how far it has come. */
function showWork({ proposal }: ShownProposal, known: Known, leave: Leave): void {
  show(() => {
    const texts = t().decide;
    const state = known();
    const work = state?.works.find(({ id }) => id === proposal.id);
    return {
      title: texts.approved(actName(proposal.act, proposal.law_id)),
      content: [...workContent(work, proposal.id, state?.where ?? ""), back(leave)],
    };
  });
  leave.toWork();
}

function workContent(work: Work | undefined, id: string, where: string): Child[] {
  const texts = t().decide;
  if (work === undefined || work.state === "running") {
    const { label, done, total } = work?.progress ?? {};
    if (label === undefined || done === undefined) return [paragraph(texts.doing)];
    const text = total === undefined ? number(done) : texts.progress(number(done), number(total));
    return [paragraph(texts.doing), h("p", { class: "govuk-body" }, english(label), ` – ${text}`)];
  }
  if (work.state === "done") {
    return [
      h("div", { class: "referendum-outcome referendum-outcome--good" }, paragraph(texts.done), ...outcomeText(work)),
    ];
  }
  if (work.state === "incomplete") {
    return [
      h(
        "div",
        { class: "referendum-outcome referendum-outcome--bad" },
        paragraph(texts.notAllDone),
        h("p", { class: "govuk-body" }, ...(work.problem === null ? [] : problemText(work.problem))),
        ...outcomeText(work),
      ),
    ];
  }
  return [
    h(
      "div",
      { class: "referendum-outcome referendum-outcome--bad" },
      paragraph(texts.failed),
      h("p", { class: "govuk-body" }, ...(work.problem === null ? [] : problemText(work.problem))),
      h("p", { class: "govuk-body" }, `${texts.carryOut} `, code(`npm run ops -- carry-out ${id}${where}`)),
    ),
  ];
}

/** What came of an act, as the command prints it: a paragraph for each line. */
function outcomeText({ outcome }: Work): Child[] {
  return (outcome ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => h("p", { class: "govuk-body" }, english(line)));
}

/** Who proposed what, until when, and the request field by field. */
function rowsOf({ proposal }: ShownProposal): SummaryRow[] {
  const texts = t().decide;
  return [
    ...fieldsOf(proposal.act, proposal.request),
    { name: texts.by, value: proposal.proposed_by },
    { name: texts.at, value: dayAndTime(proposal.proposed_at) },
    { name: texts.ends, value: dayAndTime(proposal.expires_at) },
    { name: texts.state, value: texts.states[proposal.state] },
    { name: texts.hash, value: proposal.hash, isExact: true },
  ];
}

function fieldsOf(act: string, text: string): SummaryRow[] {
  const names: Readonly<Record<string, string>> = t().fields;
  const request: Readonly<Record<string, unknown>> = JSON.parse(text);
  // Opening and closing without a moment is now.
  const isNow = (act === "open-law" || act === "close-law") && request["at"] === undefined;
  const rows = Object.entries(request).filter(([name]) => name !== "law_id");
  return [
    ...(isNow ? [{ name: t().fields.at, value: t().values.now }] : []),
    ...rows.map(([name, value]) => ({ name: names[name] ?? name, value: fileText(act, value) ?? fieldText(value) })),
  ];
}

/** A file of the trustees as the command names it. The server has read the proposal, and so checked its form. */
function fileText(act: string, value: unknown): string | undefined {
  const texts = t().lawFacts;
  if (act === "register-keys") {
    const { key_id, threshold, trustees, split_id } = value as PublicFile;
    return texts.keys(key_id, number(threshold), number(trustees), split_id.slice(0, 8));
  }
  if (act !== "register-test-opening") return undefined;
  const { shares, key_id } = value as TestStatement;
  return texts.statement(shares.join(", "), key_id);
}

function fieldText(value: unknown): string {
  const words: Readonly<Record<string, string>> = t().values;
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return value ? t().yes : t().no;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? dayAndTime(text) : (words[text] ?? text);
}
