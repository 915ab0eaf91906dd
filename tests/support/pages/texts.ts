import { z } from "zod";

/**
 * Every text with its name.
 *
 * @param value the texts of a language
 * @param gap what gaps are filled with; a number takes the plural
 */
export function textsOf(value: unknown, gap: string | number = "¤", name = ""): [string, string][] {
  if (typeof value === "string") return [[name, value]];
  if (typeof value === "function") return [[name, String(value(gap, gap, gap))]];
  return Object.entries(z.record(z.string(), z.unknown()).parse(value)).flatMap(([key, one]) =>
    textsOf(one, gap, name === "" ? key : `${name}.${key}`),
  );
}
