/**
 * Every Lambda function, in the order of a vote's way, then those of operators. A folder of this name under
 * `functions/` holds its handler.
 */
export const FUNCTION_NAMES = [
  "ingest",
  "validate",
  "aggregate",
  "results",
  "receipt",
  "laws",
  "health",
  "log",
  "operate",
  "roll",
  "migrate",
  "fallback",
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** The functions that open connections to PostgreSQL, and so ship the RDS certificate bundle. */
export const DATABASE_FUNCTIONS = [
  "aggregate",
  "results",
  "health",
  "log",
  "operate",
  "roll",
  "migrate",
] as const satisfies FunctionName[];
