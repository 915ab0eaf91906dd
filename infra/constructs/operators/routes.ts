import type { FunctionName } from "../../functions.ts";

/** The functions that answer operators. */
export type OperatorFunctionName = Extract<FunctionName, "operate" | "roll">;

/** The groups of acts, each under its own path `/v1/<group>/{act}`, and the function that answers. */
export const ACT_GROUPS = {
  looks: "operate",
  acts: "operate",
  approvals: "operate",
  rolls: "roll",
  "roll-looks": "roll",
} as const satisfies Record<string, OperatorFunctionName>;
export type ActGroup = keyof typeof ACT_GROUPS;
export const ACT_GROUP_NAMES = ["looks", "acts", "approvals", "rolls", "roll-looks"] as const satisfies ActGroup[];

/** The roles of people, and the groups of acts that each may ask for. */
export const PEOPLE_GROUPS = {
  reader: ["looks", "roll-looks"],
  operator: ["looks", "roll-looks", "acts", "rolls"],
  approver: ["looks", "roll-looks", "approvals"],
  breakGlass: ["looks", "roll-looks", "acts", "rolls", "approvals"],
} as const satisfies Record<string, readonly ActGroup[]>;
export type PersonRole = keyof typeof PEOPLE_GROUPS;
