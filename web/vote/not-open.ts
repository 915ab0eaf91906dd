import type { Law } from "../api/answers.ts";
import { button, link, paragraph } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { language, pageAt, t } from "../parts/language.ts";
import type { View } from "../parts/layout.ts";
import { whenOf } from "../parts/window.ts";

/**
 * What is shown of a law that takes no votes now, or took none a moment ago.
 *
 * @param law the law
 * @param wasRefused a vote was sent, and was not taken
 */
export function notOpenView(law: Law, wasRefused = false): View {
  const texts = t().ended;
  const words: Readonly<Record<Law["state"], readonly [title: string, text: string]>> = {
    open: [texts.notTakenTitle, texts.openAgain],
    closed: [texts.closedTitle, wasRefused ? texts.closed : texts.closedPlain],
    not_open_yet: [texts.soonTitle, texts.soon],
    frozen: [texts.frozenTitle, wasRefused ? texts.frozenRefused : texts.frozen],
  };
  const [title, text] = words[law.state];
  return {
    title,
    content: [
      h("p", { class: "govuk-caption-m" }, law.title[language()]),
      paragraph(text),
      law.state === "frozen" ? undefined : paragraph(whenOf(law)),
      // What was typed is in the step before.
      law.state === "open" && button(t().receipt.voteAgain, () => history.back()),
      law.state !== "not_open_yet" && link(t().toResults, pageAt("results", { law: law.law_id })),
      link(t().toStart, pageAt("index")),
    ],
  };
}
