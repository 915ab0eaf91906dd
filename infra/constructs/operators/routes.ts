import { ACT_GROUPS, type ActGroup } from "../../../shared/messages/operators/define-act.ts";

/** The functions that answer operators. */
export type OperatorFunctionName = (typeof ACT_GROUPS)[ActGroup]["function"];
/** The roles of people. */
export type PersonRole = (typeof ACT_GROUPS)[ActGroup]["roles"][number];

/** The groups of acts, each under its own path `/v1/<group>/{act}`. */
export const ACT_GROUP_NAMES: readonly ActGroup[] = Object.keys(ACT_GROUPS).filter(isGroup);

/**
 * The groups of acts that a role may ask for.
 *
 * @param role which one
 */
export function groupsOf(role: PersonRole): readonly ActGroup[] {
  return ACT_GROUP_NAMES.filter((group) => ACT_GROUPS[group].roles.some((one) => one === role));
}

function isGroup(text: string): text is ActGroup {
  return Object.hasOwn(ACT_GROUPS, text);
}
