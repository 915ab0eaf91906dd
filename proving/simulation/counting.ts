import type { Vote } from "../../shared/domain/ballot.ts";
import type { Law } from "../../shared/domain/law.ts";
import { makeMacs, makeOutcomeMac } from "../../shared/domain/message-macs.ts";
import { makePromise, promiseKeyPair, promiseText } from "../../shared/domain/promise.ts";
import { issueRequestId, uuidV7 } from "../../shared/domain/request-id.ts";
import { countLaw } from "../../shared/messages/operators/count.ts";
import { writeOutcome } from "../../shared/messages/queue.ts";
import { perform } from "./door.ts";
import { voterKey } from "./models/postgres.ts";
import { interruption } from "./operator.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/**
 * Counts the first law.
 *
 * @param world the servers
 * @param process the operator's command
 * @param abortsAfter after how many steps the operator interrupts it; undefined: not at all
 */
export async function countFirstLaw(world: World, process: Process, abortsAfter?: number): Promise<void> {
  const [law] = world.laws;
  if (law !== undefined) await perform(world, process, countLaw, { law_id: law.lawId }, interruption(abortsAfter));
}

/**
 * Puts a vote of the first law on the outcomes queue that nobody knew of when it was counted: of somebody who has not
 * voted, if there is one. It must not be recorded, and it must not be lost.
 *
 * @param world the servers, with the first law counted
 * @returns its body
 */
export function putLateVote(world: World): string {
  const { hashed, keys, laws, postgres } = world;
  const { participation } = postgres.tables;
  const ofLaw = hashed.filter(({ lawId }) => lawId === laws[0]?.lawId);
  const hasVoted = ({ lawId, voterHash }: (typeof ofLaw)[number]) =>
    participation.has(voterKey(lawId, voterHash.toString("hex")));
  const late = ofLaw.find((one) => !hasVoted(one)) ?? ofLaw[0];
  if (late === undefined) throw new Error("the first law has no voter");
  const { lawId, voterHash } = late;
  const id = uuidV7(world.wallClock(), new Uint8Array(16));
  const requestId = issueRequestId(id, lawId, 1, keys.ofVersion(1).requestIdMac);
  const acceptedAt = laws[0]?.opensAt ?? world.time();
  const vote: Vote = { requestId, lawId, voterHash: voterHash.toString("hex"), choice: "oui", acceptedAt };
  const body = laws[0]?.form === undefined ? writeOutcome(vote, "accepted") : decided(world, vote, laws[0]);
  world.queue("outcomes").put(body);
  return body;
}

/** The outcome of a vote of an open law, as ingest and validate would have made it. */
function decided({ keys }: World, vote: Vote, { origin = "" }: Law): string {
  const { macValidate, macRecord, macOutcome, promise: seed } = keys.ofVersion(1);
  const promise = makePromise({ origin, requestId: vote.requestId, envelopeSha256: undefined }, promiseKeyPair(seed));
  const macs = makeMacs(vote, promiseText(promise), 1, { macValidate, macRecord });
  return writeOutcome({ ...vote, macs }, "accepted", makeOutcomeMac(vote, macs, "accepted", macOutcome));
}
