import { type Child, h } from "../../web/parts/dom.ts";
import { number, percent } from "../../web/parts/format.ts";
import type { Attention, ConsoleState } from "../state.ts";
import { code, english, section } from "./parts.ts";
import { duration, moment, rate, t } from "./words.ts";

/** Names of services, which are the same in every language. */
export const SERVICE_NAMES = {
  postgresql: "PostgreSQL",
  redis: "Redis",
  dynamodb: "DynamoDB",
  sqs: "SQS",
  lambda: "Lambda",
} as const;

/** What needs attention, or that nothing does. */
export function attentionSection({ attention, problem, look }: ConsoleState): HTMLElement {
  const texts = t().attention;
  if (attention.length === 0) {
    return section(
      texts.heading,
      "attention",
      h(
        "div",
        { class: "referendum-outcome referendum-outcome--good" },
        h("p", { class: "govuk-body" }, texts.nothing),
      ),
    );
  }
  return section(
    texts.heading,
    "attention",
    h(
      "div",
      { class: "referendum-outcome referendum-outcome--bad" },
      h("p", { class: "govuk-body govuk-!-font-weight-bold" }, texts.count(attention.length)),
      h("ul", { class: "govuk-list console-attention" }, ...attention.map((one) => item(one, problem?.message ?? ""))),
      look === null && h("p", { class: "govuk-body" }, t().overview.unknown),
    ),
  );
}

function item(one: Attention, whyAway: string): HTMLElement {
  return h(
    "li",
    {},
    h("strong", {}, ...sentence(one)),
    one.kind === "stage_away" && whyAway !== "" && h("div", {}, `${t().saidByStage} `, english(whyAway)),
    one.kind === "alarm" && h("div", {}, english(one.what)),
    one.kind === "journal" && h("div", {}, english(one.message)),
    one.kind === "paused" && one.by !== null && h("div", {}, t().attention.pausedBy[one.by]),
    one.runbook !== null && h("div", { class: "govuk-hint" }, t().attention.runbook(one.runbook)),
  );
}

function sentence(one: Attention): Child[] {
  const texts = t().attention;
  const queues = t().queues;
  switch (one.kind) {
    case "stage_away":
      return [texts.stageAway];
    case "figures_away":
      return [texts.figuresAway];
    case "service_away":
      return [texts.serviceAway(SERVICE_NAMES[one.service])];
    case "paused":
      return [texts.paused(one.consumer)];
    case "waiting":
      return [texts.waiting(queues[one.queue], duration(one.seconds))];
    case "dead_letters":
      return [texts.deadLetters(queues[one.queue], number(one.messages))];
    case "roll":
      return [texts.roll(one.lawId)];
    case "undecided":
      return [texts.undecided(rate(one.perSecond))];
    case "invalid":
      return [texts.invalid(percent(one.share, 1))];
    case "journal":
      return [texts.journal];
    case "alarm":
      return [texts.alarm(one.name, one.since === null ? "?" : moment(one.since))];
  }
}

/** What the alarms of CloudWatch say, all of them on demand. */
export function alarmsSection({ figures, where }: ConsoleState): HTMLElement | undefined {
  const texts = t().alarms;
  if (figures === null) return undefined;
  const { alarms } = figures;
  if (alarms === null) {
    return section(texts.heading, "alarms", h("p", { class: "govuk-body" }, texts.none), doctor(where));
  }
  const count = (state: (typeof alarms)[number]["state"]) => alarms.filter((one) => one.state === state).length;
  return section(
    texts.heading,
    "alarms",
    h("p", { class: "govuk-body" }, texts.summary(count("alarm"), count("ok"), count("no_data"))),
    h(
      "details",
      { class: "console-details" },
      h("summary", {}, texts.all),
      h(
        "ul",
        { class: "govuk-list" },
        ...alarms.map(({ name, state }) => h("li", {}, h("strong", {}, name), ` – ${texts.states[state]}`)),
      ),
    ),
  );
}

function doctor(where: string): HTMLElement {
  const stage = where.trim();
  return h("p", { class: "govuk-body" }, code(`npm run doctor${stage === "" ? "" : ` -- ${stage}`}`));
}
