/**
 * The key in whose order a fact is found out piece by piece. Parameters of every query: `$1` the requested laws, or
 * null for all; `$2` and `$3` the piece (after, up to and with), null where it has no end. A query of `whole` has only
 * `$1`.
 */
export type PieceKey = "request" | "voter" | "person" | "ballot" | "whole";

/** A query of figures: rows `law_id, kind, n`; or of deviations: rows `law_id, example`, one per deviation. */
export interface FactQuery {
  readonly key: PieceKey;
  readonly sql: string;
}
