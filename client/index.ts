/**
 * The reference client of the API, without dependencies, for Node.js 20 or newer and browsers. docs/client.md is its
 * page.
 */
export { type Accepted, type CastOptions, castVote, newKey, type Step, type Vote } from "./cast-vote.ts";
export { NotConfirmed, NotDecided, NotPromised, type Problem, Refused, type Unconfirmed } from "./errors.ts";
export { CannotSeal, type LawDescription } from "./law.ts";
export {
  type CheckedPromise,
  canCheckPromises,
  checkPromise,
  type Expected,
  isSigned,
  type PromiseFault,
  type PromiseKey,
  type VotePromise,
} from "./promise.ts";
export { type Receipt, type ReceiptOptions, waitForReceipt } from "./receipt.ts";
export type { Answer, Surroundings } from "./request.ts";
export { type BadElectionKey, canSeal, type Election, newSeed, type Sealed, sealBallot } from "./seal.ts";
export type { Retry } from "./tries.ts";
