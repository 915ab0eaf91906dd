/** What a voter has typed so far. It is in memory only. */
export interface Draft {
  readonly nas: string;
  readonly code: string;
  readonly choice: "oui" | "non" | undefined;
  /** The code came with the address. */
  readonly isCodeTaken: boolean;
  /** The code that the API has refused as mistyped. */
  readonly refusedCode?: string;
}

/** @param code the code of the letter, if the address had it */
export function emptyDraft(code: string): Draft {
  return { nas: "", code, choice: undefined, isCodeTaken: code !== "" };
}

export function isComplete(draft: Draft): draft is Draft & { readonly choice: "oui" | "non" } {
  return draft.choice !== undefined;
}
