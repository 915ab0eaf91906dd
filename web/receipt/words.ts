import type { Receipt } from "../parts/answers.ts";
import { t } from "../parts/language.ts";

/** What a status means to its voter. */
interface Words {
  readonly title: string;
  readonly tone: "good" | "waiting" | "bad";
  readonly sentences: readonly string[];
  /** Voting again makes sense. */
  readonly again?: boolean;
}

/**
 * What a receipt says in words.
 *
 * @param receipt its status, and why it is invalid
 * @param isLate it has been undecided for longer than usual
 * @param isInDoubt nobody has confirmed that the vote arrived: the API says "received" of one that did not as well
 */
export function wordsOf(
  { status, reason }: Pick<Receipt, "status" | "reason">,
  isLate = false,
  isInDoubt = false,
): Words {
  const texts = t().receipt;
  switch (status) {
    case "received":
      if (isInDoubt) return { title: texts.inDoubtTitle, tone: "waiting", sentences: [texts.inDoubt] };
      return {
        title: texts.receivedTitle,
        tone: "waiting",
        sentences: [isLate ? texts.receivedLong : texts.received],
      };
    case "counted":
      return { title: texts.countedTitle, tone: "good", sentences: [texts.counted] };
    case "duplicate":
      return { title: texts.duplicateTitle, tone: "bad", sentences: [texts.duplicate, texts.duplicateHelp] };
    case "invalid":
      if (reason === "code_replaced") {
        const sentences = [texts.codeReplaced, texts.codeReplacedHelp];
        return { title: texts.invalidTitle, tone: "bad", sentences, again: true };
      }
      if (reason === "struck") {
        return { title: texts.invalidTitle, tone: "bad", sentences: [texts.struck, texts.struckHelp] };
      }
      return { title: texts.invalidTitle, tone: "bad", sentences: [texts.invalid, texts.invalidHelp], again: true };
    case "lost":
      return { title: texts.lostTitle, tone: "bad", sentences: [texts.lost], again: true };
  }
}
