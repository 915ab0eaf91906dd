import type { Outcome } from "./outcome.ts";

/** The facts about one delivery of an outcome. */
interface Delivery {
  readonly requestId: string;
  readonly outcome: Outcome;
}

/** How much information an outcome has: `accepted` and `invalid` carry the choice that may have to be counted. */
const WEIGHT: Readonly<Record<Outcome, number>> = { duplicate: 0, invalid: 1, accepted: 2 };

/**
 * Joins the deliveries of one submission in a batch. There may be several, because queues deliver at least once and a
 * client may repeat a vote with its Idempotency-Key. The delivery with the most information is kept; among equals, the
 * first one.
 *
 * @param deliveries in the order they arrived
 * @returns one per request id, in the order of first arrival
 */
export function joinDeliveries<T extends Delivery>(deliveries: readonly T[]): T[] {
  const joined = new Map<string, T>();
  for (const delivery of deliveries) {
    const known = joined.get(delivery.requestId);
    if (known === undefined || WEIGHT[delivery.outcome] > WEIGHT[known.outcome]) {
      joined.set(delivery.requestId, delivery);
    }
  }
  return [...joined.values()];
}
