import { setTimeout as pause } from "node:timers/promises";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { settingsOf } from "../../infra/stages.ts";
import { UserError } from "../cli.ts";
import { existingLaws } from "../roll/load-file.ts";
import type { Target } from "../target.ts";

/**
 * Stops or resumes the acceptance of votes for a law. Stopping returns when every ingest function knows.
 *
 * @param target a running stack
 * @param lawId the law
 * @param frozen whether votes are refused
 * @param onWait told how many seconds this takes
 * @throws UserError when there is no such law, or it is so already
 */
export async function setFrozen(
  target: Target,
  lawId: string,
  frozen: boolean,
  onWait: (seconds: number) => void = () => undefined,
): Promise<void> {
  const [law] = await existingLaws(target, [lawId]);
  if (law === undefined) throw new UserError(`There is no law ${lawId}.`);
  if ((law.frozen ?? false) === frozen) throw new UserError(`${lawId} is ${frozen ? "frozen already" : "not frozen"}.`);
  const { frozen: _, ...rest } = law;
  await target.laws.put(frozen ? { ...rest, frozen } : rest);
  const seconds = await lawCacheSeconds(target);
  onWait(seconds);
  // A second more: a look-up that began just before is remembered from its end.
  if (frozen) await pause((seconds + 1) * 1000);
}

/**
 * How long ingest may believe an older answer about a law, in seconds.
 *
 * @param target a running stack
 * @returns as deployed, or where that cannot be asked as the stage is set
 */
export async function lawCacheSeconds(target: Target): Promise<number> {
  const ofStage = settingsOf(target.stage).lawCacheSeconds;
  try {
    const { Environment } = await target.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: target.output("IngestFunctionName") }),
    );
    return Number(Environment?.Variables?.["LAW_CACHE_SECONDS"] ?? ofStage);
  } catch {
    return ofStage; // The local emulation of Lambda's control plane does not know functions' settings.
  }
}
