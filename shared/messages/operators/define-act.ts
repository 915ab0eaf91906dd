import type { z } from "zod";

/**
 * Who may call an act, by the path: a group is a part of the path, and the roles in the template name paths
 * (infra/constructs/operators). `looks` change nothing; `approvals` decide on proposals; `approved` carry out what was
 * approved.
 */
export const ACT_GROUPS = {
  looks: { function: "operate", roles: ["reader", "operator", "approver", "break-glass"] },
  acts: { function: "operate", roles: ["operator", "break-glass"] },
  approvals: { function: "operate", roles: ["approver", "break-glass"] },
  approved: { function: "operate", roles: ["operator", "approver", "break-glass"] },
  "roll-looks": { function: "roll", roles: ["reader", "operator", "approver", "break-glass"] },
  rolls: { function: "roll", roles: ["operator", "break-glass"] },
  "roll-approved": { function: "roll", roles: ["operator", "approver", "break-glass"] },
} as const;
export type ActGroup = keyof typeof ACT_GROUPS;

/** The groups that an act is declared in; `approved` and `roll-approved` are those of `acts` and `rolls` again. */
type DeclaredGroup = Exclude<ActGroup, "approved" | "roll-approved">;

/** An act of the operators' API: its path, and the form of what goes in and out. */
export interface Act<
  Name extends string = string,
  Request extends z.ZodType = z.ZodType,
  Cursor extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly group: DeclaredGroup;
  /** Whether a stage with two people needs two for it: it changes an election. */
  readonly people: 1 | 2;
  readonly request: Request;
  readonly cursor: Cursor;
  readonly result: Result;
}

/**
 * Declares an act.
 *
 * @param act its name, group, and forms
 */
export function defineAct<
  const Name extends string,
  Request extends z.ZodType,
  Cursor extends z.ZodType,
  Result extends z.ZodType,
>(act: Act<Name, Request, Cursor, Result>): Act<Name, Request, Cursor, Result> {
  return act;
}

/**
 * The path of an act, below the API's address.
 *
 * @param act the act
 * @param approved whether a proposal is carried out
 */
export function pathOf({ group, name }: Pick<Act, "group" | "name">, approved = false): string {
  return `v1/${approved ? approvedGroup(group) : group}/${name}`;
}

/**
 * The group in which an approved act is carried out.
 *
 * @param group the act's group
 * @throws Error for a group whose acts need no second person
 */
function approvedGroup(group: DeclaredGroup): ActGroup {
  if (group === "acts") return "approved";
  if (group === "rolls") return "roll-approved";
  throw new Error(`an act of ${group} needs no second person`);
}
