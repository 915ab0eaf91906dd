import type { Outcome } from "../../../shared/domain/outcome.ts";

/**
 * The rule of the claim, as the Lua script in shared/stores/claims.ts runs it: not on the roll → invalid; unclaimed →
 * claim; claimed by this very request → accepted again, because a crash after the claim must not lose the vote; claimed
 * by another → duplicate.
 *
 * @param claim what the roll holds: undefined (not on the roll), empty (unclaimed), or the claiming id in hex
 * @param id the submission's 16-byte id in hex
 */
export function decideClaim(claim: string | undefined, id: string): Outcome {
  if (claim === undefined) return "invalid";
  if (claim === "" || claim === id) return "accepted";
  return "duplicate";
}
