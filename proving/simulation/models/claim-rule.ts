import type { Outcome } from "../../../shared/domain/outcome.ts";

/**
 * The rule of the claim, as the Lua script in shared/stores/claims.ts runs it: not on the roll → invalid; unclaimed →
 * claim; claimed by this very request → accepted again, because a crash after the claim must not lose the vote; claimed
 * by another → duplicate.
 *
 * @param claim what the roll holds, in hex: undefined (not on the roll), empty (unclaimed), the moment from which the
 *   voter is on it (unclaimed as well), or the claiming id
 * @param id the submission's 16-byte id in hex
 * @param acceptedAt when it was accepted, as such a moment
 */
export function decideClaim(claim: string | undefined, id: string, acceptedAt: string): Outcome {
  if (claim === undefined) return "invalid";
  if (claim.length === acceptedAt.length) return acceptedAt < claim ? "invalid" : "accepted";
  if (claim === "" || claim === id) return "accepted";
  return "duplicate";
}
