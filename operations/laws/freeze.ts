import { setTimeout as pause } from "node:timers/promises";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Servers } from "../servers.ts";
import { changeLaw } from "./change.ts";

/**
 * Stops or resumes the acceptance of votes for a law. Stopping returns when every ingest function knows.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param frozen whether votes are refused
 * @param onWait called with the number of seconds that this takes
 * @throws Refusal when there is no such law, or when it is in the wanted state already
 */
export async function setFrozen(
  servers: Servers,
  lawId: string,
  frozen: boolean,
  onWait: (seconds: number) => void = () => undefined,
): Promise<void> {
  await changeLaw(servers.laws, lawId, (law) => {
    if ((law.frozen ?? false) === frozen) throw new Refusal(`${lawId} is ${frozen ? "frozen already" : "not frozen"}.`);
    return { frozen: frozen ? true : undefined };
  });
  const seconds = await servers.lawCacheSeconds();
  onWait(seconds);
  // A second more: a look-up that began just before is remembered from its end.
  if (frozen) await pause((seconds + 1) * 1000);
}
