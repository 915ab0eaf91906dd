import type { Outcome } from "./outcome.ts";

/** The facts about one delivery of an outcome. */
interface Delivery {
  readonly requestId: string;
  /** The envelope of a sealed law. */
  readonly sealed?: string | undefined;
  readonly outcome: Outcome;
  /** ISO 8601 UTC. */
  readonly acceptedAt: string;
}

/** How much information an outcome has: `accepted` and `invalid` carry the choice that may have to be counted. */
const WEIGHT: Readonly<Record<Outcome, number>> = { duplicate: 0, invalid: 1, accepted: 2 };

/**
 * Joins the deliveries of one submission with one envelope in a batch. There may be several, because queues deliver at
 * least once and a client may repeat a vote with its Idempotency-Key. The delivery with the most information is kept;
 * among equals, the first one. A vote that was sent twice counts as accepted when it was accepted first.
 *
 * @param deliveries in the order they arrived
 * @returns one per request id and envelope, in the order of first arrival
 */
export function joinDeliveries<T extends Delivery>(deliveries: readonly T[]): T[] {
  const joined = new Map<string, T>();
  for (const delivery of deliveries) {
    const name = `${delivery.requestId} ${delivery.sealed ?? ""}`;
    const known = joined.get(name);
    if (known === undefined) {
      joined.set(name, delivery);
      continue;
    }
    const kept = WEIGHT[delivery.outcome] > WEIGHT[known.outcome] ? delivery : known;
    const acceptedAt = delivery.acceptedAt < known.acceptedAt ? delivery.acceptedAt : known.acceptedAt;
    joined.set(name, kept.acceptedAt === acceptedAt ? kept : { ...kept, acceptedAt });
  }
  return [...joined.values()];
}

/**
 * Puts deliveries in an order in which each submission is recorded before its further envelopes. A client that seals
 * the same submission twice sends two envelopes under one request id, and only the first that is recorded counts.
 *
 * @param joined what `joinDeliveries` returned
 * @returns lists to be recorded one after the other, in each of which a request id comes once; of a submission the one
 *   with the most information comes first, among equals the one that was accepted first
 */
export function roundsOf<T extends Delivery>(joined: readonly T[]): T[][] {
  const bySubmission = Map.groupBy(joined, ({ requestId }) => requestId);
  const rounds: T[][] = [];
  for (const deliveries of bySubmission.values()) {
    const order = (a: T, b: T) =>
      WEIGHT[b.outcome] - WEIGHT[a.outcome] || (a.acceptedAt < b.acceptedAt ? -1 : Number(a.acceptedAt > b.acceptedAt));
    for (const [index, delivery] of deliveries.toSorted(order).entries()) {
      const round = rounds[index];
      if (round === undefined) rounds.push([delivery]);
      else round.push(delivery);
    }
  }
  return rounds;
}
