import { z } from "zod";
import { LAW_ID_PATTERN } from "../domain/law.ts";

/**
 * What the operators' functions ask the function `log` for, by invoking it. On its schedule it is invoked with another
 * event, and looks at every law.
 */
const LogRequest = z.union([
  /** The public key that signs the logs of this stage. */
  z.strictObject({ ask: z.literal("log key") }),
  /** To look at a law now, because something has ended. */
  z.strictObject({ law_id: z.string().regex(LAW_ID_PATTERN) }),
  /** To bring back what PostgreSQL has lost of the log of a law, for some seconds. */
  z.strictObject({ restore: z.string().regex(LAW_ID_PATTERN) }),
]);
export type LogRequest = z.output<typeof LogRequest>;

/** The event that asks for the key. */
export const LOG_KEY_REQUEST: LogRequest = { ask: "log key" };

/**
 * Reads an event of the function.
 *
 * @param event what it is invoked with
 * @returns undefined for its schedule
 */
export function readLogRequest(event: unknown): LogRequest | undefined {
  return LogRequest.safeParse(event).data;
}

/** What came of looking at a law that was named. */
export const LogRunAnswer = z.strictObject({
  /** As `operations/log/run-log.ts` says it; `no_log`: the law has none. */
  outcome: z.enum(["current", "busy", "overtaken", "out_of_time", "stopped", "no_log"]),
  /** Why somebody must look at it; null: nobody must. */
  stopped: z.string().nullable(),
});
export type LogRunAnswer = z.output<typeof LogRunAnswer>;

/** The answer to the question for the key. */
export const LogKeyAnswer = z.strictObject({
  /** Ed25519: 32 bytes as base64url. */
  public_key: z.string().regex(/^[\w-]{43}$/),
});
export type LogKeyAnswer = z.output<typeof LogKeyAnswer>;

const count = z.number().int().min(0);

/** The answer to a request to bring a log back. */
export const LogRestoreAnswer = z.union([
  z.strictObject({
    /** `busy`: a run has the log. `out_of_time`: it has to be asked again. */
    outcome: z.enum(["restored", "busy", "out_of_time"]),
    /** What this request has brought back. */
    epochs: count,
    entries: count,
    /** How many entries of the log PostgreSQL has. */
    size: count,
  }),
  /** Store and database contradict each other. */
  z.strictObject({ refused: z.string() }),
]);
export type LogRestoreAnswer = z.output<typeof LogRestoreAnswer>;
