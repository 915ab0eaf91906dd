import { Refusal } from "../../shared/domain/refusal.ts";
import { explain } from "../../terminal/errors.ts";
import type { Problem } from "../state.ts";

/**
 * An error for the page: a sentence, and the code by which the page has its own words for it.
 *
 * @param error anything thrown
 */
export function problemOf(error: unknown): Problem {
  return { message: explain(error), code: error instanceof Refusal ? (error.code ?? null) : null };
}
