import type { LawForm } from "../../shared/domain/law.ts";

/**
 * The form of a rehearsal. A sealed law would need keys, of which enough trustees have the shares: it is rehearsed as
 * an open one, which has the same messages, macs, promises and public log.
 *
 * @param form of the law that is rehearsed; null: it has none
 */
export function rehearsedForm(form: LawForm | null): "open" | null {
  return form === null ? null : "open";
}

const CONCLUSION = "its certificate, and what is published (ops certify, ops publish)";
const SEALED =
  "sealed ballots: envelopes, the keys of the trustees and their test opening, the box, its two openings, spoiled ballots " +
  "(it is rehearsed as an open law)";

/**
 * What of a law's life its rehearsal leaves out.
 *
 * @param form of the law that is rehearsed; null: it has none
 */
export function leftOutOf(form: LawForm | null): readonly string[] {
  if (form === null) return [];
  return form === "sealed" ? [SEALED, CONCLUSION] : [CONCLUSION];
}
