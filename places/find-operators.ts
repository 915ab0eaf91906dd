import type { StageName } from "../infra/stages.ts";
import { UserError } from "../terminal/errors.ts";
import { type FindOptions, findTarget } from "./find-target.ts";
import { OperatorsApi } from "./operators/client.ts";
import { claimedName, claiming, signing } from "./operators/signing.ts";

/** The operators' API of a stage, and facts about the stage that commands show. */
export interface FoundOperators {
  readonly api: OperatorsApi;
  readonly stage: StageName;
  /** What the voters' API answers at. */
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
  const url = address.outputs["OperatorsApiUrl"];
  if (url === undefined) {
    throw new UserError(
      `The stage ${address.stage} has no operators' API: it runs an earlier release. Deploy it again.`,
    );
  }
  const authorize =
    address.endpoints === undefined ? signing(address.region, options.profile) : claiming(claimedName());
  const { stage, apiUrl, dataDir, credentialsFile } = address;
  return { api: new OperatorsApi(url, authorize), stage, apiUrl, dataDir, credentialsFile };
}
