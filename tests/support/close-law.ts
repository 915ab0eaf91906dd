import { changeLaw } from "../../operations/laws/change.ts";
import { closeLaw } from "../../operations/laws/window.ts";
import type { TestEnvironment } from "./environment.ts";

/**
 * Closes a law, and waits until everybody knows: one ingest function may still hold the open law when another refuses,
 * and all know once their caches have run out.
 *
 * @param env the test file's environment
 * @param lawId one of its laws
 */
export async function closeForAll(env: TestEnvironment, lawId: string): Promise<void> {
  await changeLaw(env.target.laws, lawId, (law) => closeLaw(law, new Date()));
  const allKnow = Date.now() + (await env.target.lawCacheSeconds()) * 1000 + 1000;
  await env.until("no function holds the open law", () => Promise.resolve(Date.now() > allKnow));
}
