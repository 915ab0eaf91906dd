import { explain } from "../../terminal/errors.ts";

/** One check: its subject, its finding, and a remedy if something is wrong. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** Absent when nothing needs doing. */
  readonly remedy?: string | undefined;
}

/** How long one check may take. */
const TIMEOUT_MS = 8_000;

/**
 * A check that found nothing wrong.
 *
 * @param name what was looked at
 * @param found what was found
 */
export function good(name: string, found: string): Check {
  return { name, ok: true, found };
}

/**
 * A check that found something wrong.
 *
 * @param name what was looked at
 * @param found what was found
 * @param remedy what to do
 */
export function bad(name: string, found: string, remedy: string): Check {
  return { name, ok: false, found, remedy };
}

/**
 * Runs a check. If the check itself fails or takes too long, that is a finding.
 *
 * @param name what is looked at
 * @param remedy what to do if the check itself fails
 * @param look looks
 * @param timeoutMs how long it may take, in milliseconds
 */
export async function attempt(
  name: string,
  remedy: string,
  look: () => Promise<Check | readonly Check[]>,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly Check[]> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    });
    const found = await Promise.race([look(), late]);
    return Array.isArray(found) ? found : [found as Check];
  } catch (error) {
    return [bad(name, explain(error, ""), remedy)];
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A check as lines of text.
 *
 * @param check what was found
 */
export function describeCheck({ ok, name, found, remedy }: Check): string {
  const line = `${ok ? "OK  " : "FAIL"}  ${name}: ${found}`;
  return remedy === undefined ? line : `${line}\n      → ${remedy}`;
}
