import { VoteRequest } from "../../../shared/messages/vote-request.ts";
import { decodeText } from "./encoding.ts";
import { badLine, FaultCounter, faultOfNas, type LineFaultKind } from "./faults.ts";
import { DELIMITERS, fieldsOf, isSeparatorLine, nasColumnOf } from "./form.ts";
import { MAX_LINE, wholeLines, withoutMarks } from "./lines.ts";
import type { RollFile } from "./source.ts";

/** Somebody whom a list names. The NAS is in memory only until it is hashed. */
export interface ListedPerson {
  readonly line: number;
  /** Nine digits. */
  readonly nas: string;
}

/** Which column has the NAS, and what is between columns if a heading has said so. */
interface ListForm {
  readonly delimiters: readonly string[];
  readonly column: number;
}

/**
 * Reads a list of persons: a roll file, or one of NAS alone. The NAS is in the column that a heading names, else in
 * the first one. Encodings, delimiters, quotes and marks are those of roll files; no other column is looked at.
 *
 * @param file the file
 * @returns the persons, and the lines that name nobody
 * @throws Refusal when the encoding of the file is not known
 */
export async function readPersons(
  file: RollFile,
): Promise<{ readonly persons: readonly ListedPerson[]; readonly faults: FaultCounter }> {
  const persons: ListedPerson[] = [];
  const faults = new FaultCounter();
  let form: ListForm | undefined;
  let line = 0;
  for await (const text of wholeLines(decodeText(file.bytes(), file.name, () => undefined))) {
    for (const raw of text.slice(0, -1).split("\n")) {
      line += 1;
      const one = withoutMarks(raw);
      if (one.trim() === "" || isSeparatorLine(one)) continue;
      if (form === undefined) {
        const named = headingOf(one);
        form = named ?? { delimiters: DELIMITERS, column: 0 };
        if (named !== undefined) continue;
      }
      const found = nasOf(one, form);
      if ("nas" in found) persons.push({ line, nas: found.nas });
      else faults.add(badLine(line, found.fault));
    }
  }
  return { persons, faults };
}

function headingOf(line: string): ListForm | undefined {
  for (const delimiter of DELIMITERS) {
    const fields = fieldsOf(line, delimiter) ?? [];
    const column = nasColumnOf(fields);
    // With a delimiter that is not the file's, several columns look like one.
    if (column !== undefined && (fields.length > 1 || !DELIMITERS.some((other) => line.includes(other)))) {
      return { delimiters: [delimiter], column };
    }
  }
  return undefined;
}

/** The NAS of a line, by the first delimiter with which there is one. */
function nasOf(line: string, { delimiters, column }: ListForm): { readonly nas: string } | { fault: LineFaultKind } {
  if (line.length > MAX_LINE) return { fault: "too_long" };
  let fault: LineFaultKind | undefined;
  for (const delimiter of delimiters) {
    const fields = fieldsOf(line, delimiter);
    const nas = fields?.[column] ?? "";
    const parsed = VoteRequest.shape.nas.safeParse(nas);
    if (parsed.success) return { nas: parsed.data };
    if (fault === undefined || fault === "nas_malformed")
      fault = fields === undefined ? "unclosed_quote" : faultOfNas(nas);
  }
  return { fault: fault ?? "nas_malformed" };
}
