import { UNKNOWN } from "./constants.ts";

/** vitest shortens longer values of `$name` (its option `taskTitleValueFormatTruncate`). */
const LONGEST_ATTRIBUTE = 40;

/**
 * The titles of a table's tests.
 *
 * @param template the title with its `%s` and `$name`
 * @param rows the table, with the rows that are known
 * @returns one title per row; undefined if the value of a row is not known
 */
export function titlesOf(template: string, rows: unknown): readonly (string | undefined)[] {
  if (!/[%$]/.test(template)) return [template];
  if (!Array.isArray(rows)) return [undefined];
  return rows.map((row: unknown, index) => titleOf(template, Array.isArray(row) ? row : [row], index));
}

/** Does what vitest does (`formatTitle` in its runner), for values that are printed unchanged. */
function titleOf(template: string, items: readonly unknown[], index: number): string | undefined {
  if (template.includes("%%")) return undefined;
  let next = 0;
  let sure = true;
  const title = template
    .replaceAll("%#", String(index))
    .replaceAll("%$", String(index + 1))
    .replaceAll(
      /%([a-zA-Z])|\$([$\p{ID_Continue}.]+)/gu,
      (whole, kind: string | undefined, key: string | undefined) => {
        const text = kind === undefined ? attribute(whole, key ?? "", items) : written(kind, items[next++]);
        if (text === undefined) sure = false;
        return text ?? "";
      },
    );
  return sure ? title : undefined;
}

function written(kind: string, value: unknown): string | undefined {
  if (!isKnown(value)) return undefined;
  if (kind === "j") return JSON.stringify(value);
  if (typeof value === "number") return "sdi".includes(kind) && Number.isSafeInteger(value) ? String(value) : undefined;
  return kind === "s" && (typeof value === "string" || typeof value === "boolean") ? String(value) : undefined;
}

function isKnown(value: unknown): boolean {
  if (value === undefined || value === UNKNOWN || Object.is(value, -0)) return false;
  return typeof value !== "object" || value === null || Object.values(value).every(isKnown);
}

function attribute(whole: string, key: string, [first]: readonly unknown[]): string | undefined {
  if (first === UNKNOWN || /[.$]|^\d+$/.test(key)) return undefined;
  if (typeof first !== "object" || first === null) return typeof first === "function" ? undefined : whole;
  const value: unknown = Object.hasOwn(first, key) ? Reflect.get(first, key) : UNKNOWN;
  return typeof value === "string" && value.length > LONGEST_ATTRIBUTE ? undefined : written("s", value);
}
