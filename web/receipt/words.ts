import type { Law, Receipt } from "../api/answers.ts";
import { t } from "../parts/language.ts";

/** What a status means to its voter. */
interface Words {
  readonly title: string;
  readonly tone: "good" | "waiting" | "bad";
  readonly sentences: readonly string[];
  /** Voting again makes sense. */
  readonly again?: boolean;
}

export interface Situation {
  readonly status: Receipt["status"];
  /** Why it is invalid. */
  readonly reason?: Receipt["reason"];
  /** It has been undecided for longer than usual. */
  readonly isLate?: boolean;
  /** Nobody has confirmed that the vote arrived: the API says "received" of one that did not as well. */
  readonly isInDoubt?: boolean;
  /** The tab has the vote, so that it can be sent again as it is. */
  readonly isKept?: boolean;
  /** The state of its law now; undefined: it could not be read. */
  readonly law?: Law["state"] | undefined;
  /** Its law is sealed. */
  readonly isSealed?: boolean;
}

/** What a receipt says in words. */
export function wordsOf({ status, reason, isLate, isInDoubt, isKept, law, isSealed }: Situation): Words {
  const texts = t().receipt;
  switch (status) {
    case "received":
      if (isInDoubt) {
        const help = isKept ? texts.inDoubt : texts.inDoubtForgotten;
        return {
          title: texts.inDoubtTitle,
          tone: "waiting",
          sentences: [texts.inDoubtWait, law === "closed" ? texts.inDoubtClosed : help],
        };
      }
      return {
        title: texts.receivedTitle,
        tone: "waiting",
        sentences: [isLate ? texts.receivedLong : texts.received, ...(isSealed ? [texts.sealed] : [])],
      };
    case "counted":
      return {
        title: texts.countedTitle,
        tone: "good",
        sentences: [texts.counted, ...(isSealed ? [texts.sealed] : [])],
      };
    case "duplicate":
      return { title: texts.duplicateTitle, tone: "bad", sentences: [texts.duplicate, texts.duplicateHelp] };
    case "invalid":
      return { title: texts.invalidTitle, tone: "bad", ...whyInvalid(reason, law) };
    case "lost": {
      const help = law === "closed" ? texts.lostClosed : texts.lostHelp;
      return { title: texts.lostTitle, tone: "bad", ...votingAgain([texts.lost, help], law) };
    }
  }
}

/** Why a vote is invalid, and what its voter can do now. */
function whyInvalid(reason: Receipt["reason"], law: Law["state"] | undefined): Omit<Words, "title" | "tone"> {
  const texts = t().receipt;
  const isClosed = law === "closed";
  if (reason === "struck") return { sentences: [texts.struck, texts.struckHelp] };
  if (reason === "code_replaced") {
    return votingAgain([texts.codeReplaced, isClosed ? texts.codeReplacedClosed : texts.codeReplacedHelp], law);
  }
  if (reason === "copied") return votingAgain([texts.copied, isClosed ? texts.copiedClosed : texts.copiedHelp], law);
  return votingAgain([texts.invalid, isClosed ? texts.invalidClosed : texts.invalidHelp], law);
}

/** The same where votes are taken; where it is not known, the page of the vote says more. */
function votingAgain(sentences: readonly string[], law: Law["state"] | undefined): Omit<Words, "title" | "tone"> {
  if (law === "frozen" || law === "not_open_yet") return { sentences: [...sentences, t().receipt.notNow] };
  if (law === undefined) return { sentences: [...sentences, t().receipt.ifOpen], again: true };
  return { sentences, again: law === "open" };
}
