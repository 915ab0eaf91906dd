import type { Archive } from "../../operations/archive/archive.ts";
import { completeChanges } from "../../operations/laws/complete-changes.ts";
import type { Servers } from "../../operations/servers.ts";
import { describe, log } from "../../shared/runtime/log.ts";

/** What this needs of the function's services. */
interface LawServices {
  readonly servers: Pick<Servers, "pool" | "laws">;
  readonly archive: Archive;
}

/**
 * What the schedule asks for: changes of laws that a crash has cut off are completed. What is away, or waits for a
 * restore to end, is one line of the log, because the next minute tries again.
 *
 * @param services those of the function, built at a cold start
 */
export async function completeLaws(services: () => Promise<LawServices>): Promise<void> {
  try {
    const { servers, archive } = await services();
    const completed = await completeChanges(servers, archive, (law_id, refusal) =>
      log.error("the change of a law could not be completed", { law_id, cause: describe(refusal) }),
    );
    if (completed.length > 0) log.info("changes of laws that were cut off are completed", { law_ids: completed });
  } catch (error) {
    log.warn("changes of laws that were cut off were not looked for", { cause: describe(error) });
  }
}
