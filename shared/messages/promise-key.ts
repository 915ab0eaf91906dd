import { z } from "zod";

/**
 * What the operators' functions ask `ingest` for, by invoking it: the public key that it could make promises with. No
 * request of the voters' API looks like this.
 */
const PromiseKeyRequest = z.strictObject({ ask: z.literal("promise key") });

export type PromiseKeyRequest = z.output<typeof PromiseKeyRequest>;

/** The event of the request. */
export const PROMISE_KEY_REQUEST: PromiseKeyRequest = { ask: "promise key" };

/** Whether an event is the request. A request of the voters' API has no field `ask`, whatever its client sends. */
export function isPromiseKeyRequest(event: object): event is PromiseKeyRequest {
  return "ask" in event && PromiseKeyRequest.safeParse(event).success;
}

/** The answer: the newest version of the secret. */
export const PromiseKeyAnswer = z.strictObject({
  version: z.number().int().min(1).max(255),
  public_key: z.string().regex(/^[\w-]{43}$/),
});
export type PromiseKeyAnswer = z.output<typeof PromiseKeyAnswer>;
