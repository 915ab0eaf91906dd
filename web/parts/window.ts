import type { Law } from "../api/answers.ts";
import { dayAndTime } from "./format.ts";
import { t } from "./language.ts";

/** In one sentence: from when until when a law takes votes, from when on, or since when no more. */
export function whenOf(law: Law): string {
  const texts = t().laws;
  switch (law.state) {
    case "open":
      return law.closes_at === null
        ? texts.openSince(dayAndTime(law.opens_at))
        : texts.openFromTo(dayAndTime(law.opens_at), dayAndTime(law.closes_at));
    case "not_open_yet":
      return texts.opensAt(dayAndTime(law.opens_at));
    case "frozen":
      return texts.suspended;
    case "closed":
      return law.closes_at === null ? texts.closed : texts.closedAt(dayAndTime(law.closes_at));
  }
}
