import type { KnownLaw } from "../../operations/law-book/law-book.ts";
import { addLaw, type NewLaw } from "../../operations/laws/add.ts";
import { changeLaw } from "../../operations/laws/change.ts";
import type { Servers } from "../../operations/servers.ts";

/**
 * Adds a law that is ready without a sealed roll, as laws of earlier releases are: voters' functions know it, and rolls
 * can still be loaded.
 *
 * @param servers those of a stack
 * @param request the law
 */
export async function addReadyLaw(servers: Servers, request: NewLaw): Promise<KnownLaw> {
  const { lawId } = await addLaw(servers, request);
  return changeLaw(servers.laws, lawId, () => ({ reached: "ready" }));
}
