import type { z } from "zod";
import type { setAside, undoSetAside } from "../../shared/messages/operators/queues.ts";
import { counted } from "../slip-options.ts";

/**
 * What setting aside has done, in a sentence.
 *
 * @param result its result
 */
export function describeTaken({ queue, fingerprint, set_aside }: z.output<typeof setAside.result>): string {
  return `${counted(set_aside, "message")} of ${queue} set aside. npm run ops -- set-aside --undo ${fingerprint} sends them back.`;
}

/**
 * What the undoing has done, in a sentence.
 *
 * @param result its result
 */
export function describeSentBack({ sent_back }: z.output<typeof undoSetAside.result>): string {
  return `${counted(sent_back, "message")} sent back to their queue.`;
}
