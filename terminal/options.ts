import { InvalidArgumentError } from "commander";

/**
 * Reads a whole number from the command line.
 *
 * @param lowest the smallest accepted number
 * @param highest the largest accepted number
 * @returns a parser for commander
 */
export function wholeNumberOption(lowest: number, highest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll(/[_ ,]/g, ""));
    if (!/^[0-9_ ,]+$/.test(text) || !Number.isSafeInteger(value) || value < lowest || value > highest) {
      const range = highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
      throw new InvalidArgumentError(`use a whole number ${range}.`);
    }
    return value;
  };
}

/**
 * Collects an option that may be given several times.
 *
 * @param value the value just read
 * @param before the values before it
 */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * Reads an option that is given once: of two values, the command would take the last one, and say nothing of the other.
 *
 * @param value the value just read
 * @param before the value before it
 */
export function onlyOnce(value: string, before?: string): string {
  if (before === undefined) return value;
  throw new InvalidArgumentError(`it was given as ${before} already; give it once.`);
}

/**
 * Reads a JSON object from the command line.
 *
 * @param text such as `{"lawCacheSeconds":1}`
 */
export function jsonObjectOption(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    // `JSON.parse` has made it, so its keys are strings.
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The message is the same.
  }
  throw new InvalidArgumentError(`use JSON, such as '{"lawCacheSeconds":1}'.`);
}
