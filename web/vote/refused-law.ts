import { pause } from "../../client/request.ts";
import { readLaw } from "../api/read.ts";
import type { State } from "../tab/states.ts";
import { happened, submission } from "../tab/tab.ts";

/** How often a law is read again that refuses votes and is said to be open, and how far apart. */
const READ_AGAIN = 5;
const READ_AGAIN_MS = 2_500;

/**
 * Finds out why a law has taken no vote. Caches may say for some seconds that a law is open that has just been closed
 * or suspended.
 *
 * @param refused the state of the tab's submission; when it is over, the voter has gone on to something else
 */
export async function readRefusedLaw({ run, refused }: Extract<State, { readonly name: "refused" }>): Promise<void> {
  const isOver = () => {
    const now = submission();
    return now.name !== "refused" || now.run !== run;
  };
  for (let tried = 0; tried <= READ_AGAIN; tried++) {
    if (tried > 0) await pause(READ_AGAIN_MS, undefined);
    if (isOver()) return;
    const answer = await readLaw(refused.vote.law_id);
    const read = answer.kind === "read" ? answer.body : undefined;
    // By the last reading, no cached answer is left: a law that is open then has been opened again.
    const law = read?.state === "open" && tried < READ_AGAIN ? undefined : read;
    if (law !== undefined || tried === 0) happened({ name: "law_read", run, law });
    if (law !== undefined) return;
  }
}
