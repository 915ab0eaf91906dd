import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";

/** Structured logging. Never pass it a request body, a message body, a voter hash or a header: counts, ids and names. */
export const log = new Logger();

/** Metrics in CloudWatch's embedded metric format, written to the function's log. */
export const metrics = new Metrics();

/**
 * What may be logged of an error: its name, message and code. Errors of the stores do not carry parameters in their
 * messages. The cause and PostgreSQL's `detail`, which quotes rows, are left out.
 *
 * @param error anything thrown
 */
export function describe(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: "Unknown", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, message: error.message, ...code };
}
