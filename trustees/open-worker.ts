import { parentPort, workerData } from "node:worker_threads";
import { ballotBox } from "../shared/domain/sealing/sealed-ballot.ts";
import { type Opening, openGroup } from "./open-group.ts";

/** A thread that opens the envelopes that it is sent, group by group. Only `open-threads.ts` starts it. */
const opening: Opening = workerData;
const box = ballotBox(opening.origin, opening.electionKey);
parentPort?.on("message", (envelopes: readonly string[]) => {
  parentPort?.postMessage(openGroup(box, opening, envelopes));
});
