import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";

/**
 * Structured logging. Pass it only counts, ids and names; never a request body, a message body, a voter hash or a
 * header.
 */
export const log = new Logger();

/** Metrics in CloudWatch's embedded metric format, written to the function's log. */
export const metrics = new Metrics();

/**
 * The parts of an error that may be logged: name, message and code. Errors of the stores have no parameters in their
 * messages. The cause and PostgreSQL's `detail`, which quotes rows, are left out.
 *
 * @param error anything thrown
 */
export function describe(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: "Unknown", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, message: error.message, ...code };
}
