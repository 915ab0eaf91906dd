import { lawTimingOf } from "../../operations/law-book/timing.ts";
import { changeWindow } from "../../operations/laws/change-window.ts";
import { closeLaw } from "../../operations/laws/window.ts";
import type { TestEnvironment } from "./environment.ts";

/**
 * Closes a law by hand as `npm run laws -- close` does, and waits until that is in force: every ingest function refuses
 * its votes from then on.
 *
 * @param env the test file's environment
 * @param lawId one of its laws
 */
export async function closeForAll(env: TestEnvironment, lawId: string): Promise<void> {
  const { inForceAt } = await changeWindow(env.target.laws, lawTimingOf(env.target), lawId, {
    decide: (law, moment) => closeLaw(law, moment),
  });
  if (inForceAt === undefined) throw new Error(`${lawId} was not closed by this`);
  await env.until("the law has closed", () => Promise.resolve(Date.now() >= inForceAt.getTime()));
}
