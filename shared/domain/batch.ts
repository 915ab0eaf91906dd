import type { Outcome } from "./outcome.ts";

/** What is known of one delivery of an outcome. */
interface Delivery {
  readonly requestId: string;
  readonly outcome: Outcome;
}

/** How much an outcome says: `accepted` and `invalid` carry the choice that may have to be counted. */
const WEIGHT: Readonly<Record<Outcome, number>> = { duplicate: 0, invalid: 1, accepted: 2 };

/**
 * Joins deliveries of the same submission into one, as a batch may hold several: queues deliver at least once, and a
 * client may have sent it again with its Idempotency-Key. The one that says most stays; the first among equals.
 *
 * @param deliveries in the order they arrived
 * @returns one for each request id, in the order of first arrival
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
