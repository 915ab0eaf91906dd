/** Refusals after which there is something to do that whoever asked may not know. */
export type RefusalCode = "law_exists" | "no_such_law" | "law_frozen";

/**
 * Something that was asked for and cannot be done: one sentence that says what and why. Whoever asked gets that
 * sentence, and no stack trace. How to go on is said by the one who talks to the person, because it has other words at a
 * terminal than in an answer of an API.
 */
export class Refusal extends Error {
  readonly code: RefusalCode | undefined;
  /** What the refusal is about, such as a law's id. */
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
