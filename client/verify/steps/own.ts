import { isSigned, type VerifyingKey } from "../bytes/ed25519.ts";
import type { SavedPromise } from "../files/saved.ts";
import { promisedBytes } from "../log/promise.ts";
import type { Context } from "./context.ts";
import { outcomeOf } from "./match.ts";
import { requestOf } from "./promises.ts";
import type { Wanted } from "./walker.ts";

/**
 * Checks whether a promise is kept: whether any entry of its submission is in the log (2.13).
 *
 * @param context key and report
 * @param saved the promise
 * @param keys of the law's promises
 * @param wanted where the log has it
 * @returns whether the promise is genuine, and broken for good
 */
export async function checkOwn(
  { report, key, isCertified }: Context,
  saved: SavedPromise,
  keys: ReadonlyMap<string, VerifyingKey>,
  wanted: Wanted,
): Promise<boolean> {
  if (saved.origin !== key.name) {
    report.fail("2.13", { code: "promise_foreign" });
    return false;
  }
  const { keyId, signature } = saved.promise;
  const promiseKey = keys.get(keyId);
  const isGenuine =
    promiseKey !== undefined && (await isSigned(promiseKey, promisedBytes(key.name, saved.pair, keyId), signature));
  if (!isGenuine) {
    report.fail("2.13", { code: "promise_false" });
    return false;
  }
  const request = requestOf(saved);
  const last = wanted.found.at(-1);
  if (last !== undefined) {
    const { status } = outcomeOf(wanted.found.map((one) => one.status));
    report.say("2.13", { code: "promise_kept", status, index: last.index });
    report.ran("2.13");
    return false;
  }
  if (!isCertified) {
    report.skip("not_yet", "2.13");
    return false;
  }
  report.fail("2.13", { code: "promise_broken", request });
  if (wanted.hasOther) report.fail("2.13", { code: "other_envelope", request });
  return true;
}
