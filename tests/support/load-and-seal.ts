import type { RollSource } from "../../operations/roll/file/source.ts";
import { type LoadSummary, loadRoll } from "../../operations/roll/load-file.ts";
import { sealRoll } from "../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../operations/roll/steps/step-ports.ts";
import type { Servers } from "../../operations/servers.ts";

/**
 * Loads a roll file onto the roll of a law and seals it, so that its votes are decided.
 *
 * @param servers those of a stack
 * @param lawId the law, whose roll is not sealed yet
 * @param source the file
 */
export async function loadAndSeal(servers: Servers, lawId: string, source: RollSource): Promise<LoadSummary> {
  const summary = await loadRoll(servers, { laws: [lawId], source });
  await sealRoll(servers, stepPorts(servers), lawId, summary.laws[0]?.voters ?? 0);
  return summary;
}
