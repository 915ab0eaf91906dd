import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { readCheckedCode } from "../../../shared/domain/voter-code.ts";
import type { SecretKey } from "../../../shared/domain/voter-hash.ts";
import type { Keys } from "../../../shared/runtime/keys.ts";
import type { CodeRule } from "./read.ts";

/** Takes any text in the form of a code. */
export const ANY_CODE: CodeRule = (code) => code;

/**
 * The key of the checks that a law's codes carry.
 *
 * @param law the law
 * @param keys of the stage
 * @returns undefined when the law takes any code
 */
export function checkKeyOf({ codes, keyVersion }: Law, keys: Keys<"codeCheck">): SecretKey | undefined {
  return codes === "checked" ? keys.ofVersion(keyVersion).codeCheck : undefined;
}

/**
 * The laws' rule about codes.
 *
 * @param laws the laws of a roll
 * @param keys of the stage
 * @throws Refusal when the laws do not take the same codes
 */
export function codeRule(laws: readonly Law[], keys: Keys<"codeCheck">): CodeRule {
  const kinds = new Set(laws.map(({ codes, keyVersion }) => (codes === "checked" ? `checked ${keyVersion}` : "any")));
  if (kinds.size > 1) {
    throw new Refusal("These laws do not take the same codes, so that no list is right for all: load them one by one.");
  }
  const [law] = laws;
  const key = law && checkKeyOf(law, keys);
  return key === undefined ? ANY_CODE : (code) => readCheckedCode(code, key);
}
