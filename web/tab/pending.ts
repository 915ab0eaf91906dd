import type { Vote } from "../../client/index.ts";
import { oneOf, record, text } from "../api/answers.ts";

/** A submission that was begun and is not confirmed. */
export interface Pending {
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly vote: Vote;
  /** The number of its receipt, once an answer has named it. */
  readonly receipt?: string;
}

/**
 * Reads a submission that a tab has kept.
 *
 * @param kept JSON
 * @returns undefined when it is none: a page of another release may have left it behind
 */
export function pendingIn(kept: string): Pending | undefined {
  try {
    const pending = record(JSON.parse(kept), "pending");
    const vote = record(pending["vote"], "vote");
    return {
      key: text(pending, "key"),
      vote: {
        nas: text(vote, "nas"),
        code: text(vote, "code"),
        law_id: text(vote, "law_id"),
        vote: oneOf(["oui", "non"], vote, "vote"),
      },
      ...(pending["receipt"] === undefined ? {} : { receipt: text(pending, "receipt") }),
    };
  } catch {
    return undefined;
  }
}
