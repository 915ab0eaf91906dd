import { approve, listProposals, readJournal, refuse } from "./journal.ts";
import { addLaw, closeLaw, freezeLaw, listLaws, openLaw, unfreezeLaw } from "./laws.ts";

/** Every act of the operators' API, by name. */
export const ACTS = {
  "list-laws": listLaws,
  "add-law": addLaw,
  "open-law": openLaw,
  "close-law": closeLaw,
  "freeze-law": freezeLaw,
  "unfreeze-law": unfreezeLaw,
  "read-journal": readJournal,
  "list-proposals": listProposals,
  approve,
  refuse,
} as const;
export type ActName = keyof typeof ACTS;
export type ActOf<Name extends ActName> = (typeof ACTS)[Name];
