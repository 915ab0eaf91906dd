import { Refusal } from "../../shared/domain/refusal.ts";
import { ForeignHashState, RunningSha256 } from "../../shared/runtime/running-sha256.ts";

/**
 * A SHA-256 that goes on from where the step before has ended.
 *
 * @param state where that was; undefined: it begins
 * @throws Refusal when the step before was done by another release
 */
export async function continuedHash(state: string | undefined): Promise<RunningSha256> {
  try {
    return await RunningSha256.from(state);
  } catch (error) {
    if (!(error instanceof ForeignHashState)) throw error;
    throw new Refusal("Another release was deployed in the middle of this. Run the same command again.");
  }
}
