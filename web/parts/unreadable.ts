import type { Read } from "../api/read.ts";
import { button, link, paragraph } from "./components.ts";
import { h } from "./dom.ts";
import { pageAt, t } from "./language.ts";
import type { View } from "./layout.ts";

/** Shown until the API has answered. */
export function loadingView(title: () => string): () => View {
  const content = () => [h("p", { class: "govuk-body", role: "status" }, t().loading)];
  return () => ({ title: title(), content: content(), isLoading: true });
}

/**
 * Shown when the API did not say what was asked: there is no such law, there are too many requests, the service is
 * away, or this device is.
 *
 * @param answer what happened
 * @param again asks once more
 */
export function notReadView(answer: Exclude<Read<unknown>, { kind: "read" }>, again: () => void): View {
  const texts = t().ended;
  if (answer.kind === "missing") {
    return {
      title: texts.unknownLawTitle,
      content: [paragraph(texts.unknownLaw), link(t().toStart, pageAt("index"))],
    };
  }
  const words: Readonly<Record<typeof answer.kind, readonly [title: string, text: string]>> = {
    busy: [texts.busyTitle, texts.busy],
    away: [texts.awayTitle, texts.away],
    offline: [texts.awayTitle, texts.offline],
    destroyed: [t().receipt.destroyedTitle, t().receipt.destroyed],
  };
  const [title, text] = words[answer.kind];
  return { title, content: [paragraph(text), button(t().tryAgain, again)] };
}
