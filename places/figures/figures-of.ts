import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { TargetAddress } from "../target.ts";
import { CloudWatchFigures } from "./cloudwatch-figures.ts";
import type { FiguresSource } from "./figures.ts";
import { LocalFigures, LocalStackFigures } from "./log-figures.ts";

/**
 * Where the metrics of a stage are: in CloudWatch, which is asked with the user's own role, and without an account in
 * the logs of the functions.
 *
 * @param address the stage
 * @param profile the profile of the AWS configuration; absent: AWS's usual ways
 */
export function figuresOf(
  { stage, dataDir, endpoints, region, outputs }: TargetAddress,
  profile?: string,
): FiguresSource {
  if (stage === "local") return new LocalFigures(dataDir);
  if (endpoints !== undefined) return new LocalStackFigures(endpoints.lambda);
  const client = new CloudWatchClient({ region, ...(profile === undefined ? {} : { profile }) });
  return new CloudWatchFigures(client, stage, outputs, profile);
}
