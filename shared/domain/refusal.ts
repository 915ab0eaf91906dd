/** Refusals with a next step that the user may not know. */
export const REFUSAL_CODES = [
  "law_exists",
  "no_such_law",
  "law_frozen",
  "law_closed",
  "load_ended",
  "other_chunk",
  "no_such_act",
  "no_such_proposal",
  "invalid_request",
  "same_person",
  "identity_not_pinned",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/**
 * A request that cannot be fulfilled, with one sentence that says what and why. The user sees that sentence without a
 * stack trace. The command or the API adds the next step, because a terminal and an API need different words for it.
 */
export class Refusal extends Error {
  readonly code: RefusalCode | undefined;
  /** The subject of the refusal, such as a law's id. */
  readonly subject: string | undefined;

  /**
   * @param message the sentence
   * @param about its code and subject, where there is a next step
   */
  constructor(message: string, about: { readonly code?: RefusalCode; readonly subject?: string } = {}) {
    super(message);
    this.name = "Refusal";
    this.code = about.code;
    this.subject = about.subject;
  }
}

/**
 * Somebody else is at work on the same thing, and nothing was done. The same request may be done a moment later, so it
 * is no refusal: whoever asked waits and asks again.
 */
export class Busy extends Error {
  /** @param message who is at work on what */
  constructor(message: string) {
    super(message);
    this.name = "Busy";
  }
}
