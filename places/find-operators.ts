import type { StageName } from "../infra/stages.ts";
import { UserError } from "../terminal/errors.ts";
import { type FindOptions, findTarget } from "./find-target.ts";
import { OperatorsApi } from "./operators/client.ts";
import { claimedName, claiming, signing } from "./operators/signing.ts";
import type { TargetAddress } from "./target.ts";

/** The operators' API of a stage, and facts about the stage that commands show. */
export interface FoundOperators {
  readonly api: OperatorsApi;
  readonly stage: StageName;
  /** The address of the voters' API. */
  readonly apiUrl: string;
  readonly dataDir: string;
  readonly credentialsFile: string;
}

/**
 * Finds the operators' API of a running stage.
 *
 * @param options which stage, data directory, region and profile
 * @throws UserError saying in one sentence why there is none and what to do
 */
export async function findOperators(options: FindOptions = {}): Promise<FoundOperators> {
  const target = await findTarget(options);
  const { address } = target;
  await target.close();
  const { stage, apiUrl, dataDir, credentialsFile } = address;
  return { api: operatorsOf(address, options.profile), stage, apiUrl, dataDir, credentialsFile };
}

/**
 * The operators' API of a stage that was found.
 *
 * @param address the stage
 * @param profile the profile of the AWS configuration; absent: AWS's usual ways
 * @throws UserError when it has none
 */
export function operatorsOf({ outputs, stage, endpoints, region }: TargetAddress, profile?: string): OperatorsApi {
  const url = outputs["OperatorsApiUrl"];
  if (url === undefined) {
    throw new UserError(`The stage ${stage} has no operators' API: it runs an earlier release. Deploy it again.`);
  }
  return new OperatorsApi(url, endpoints === undefined ? signing(region, profile) : claiming(claimedName()));
}
