import type { Outcome } from "./outcome.ts";

/** The facts about one delivery of an outcome. */
interface Delivery {
  readonly requestId: string;
  readonly outcome: Outcome;
  /** ISO 8601 UTC. */
  readonly acceptedAt: string;
}

/** How much information an outcome has: `accepted` and `invalid` carry the choice that may have to be counted. */
const WEIGHT: Readonly<Record<Outcome, number>> = { duplicate: 0, invalid: 1, accepted: 2 };

/**
 * Joins the deliveries of one submission in a batch. There may be several, because queues deliver at least once and a
 * client may repeat a vote with its Idempotency-Key. The delivery with the most information is kept; among equals, the
 * first one. A vote that was sent twice counts as accepted when it was accepted first.
 *
 * @param deliveries in the order they arrived
 * @returns one per request id, in the order of first arrival
 */
export function joinDeliveries<T extends Delivery>(deliveries: readonly T[]): T[] {
  const joined = new Map<string, T>();
  for (const delivery of deliveries) {
    const known = joined.get(delivery.requestId);
    if (known === undefined) {
      joined.set(delivery.requestId, delivery);
      continue;
    }
    const kept = WEIGHT[delivery.outcome] > WEIGHT[known.outcome] ? delivery : known;
    const acceptedAt = delivery.acceptedAt < known.acceptedAt ? delivery.acceptedAt : known.acceptedAt;
    joined.set(delivery.requestId, kept.acceptedAt === acceptedAt ? kept : { ...kept, acceptedAt });
  }
  return [...joined.values()];
}
