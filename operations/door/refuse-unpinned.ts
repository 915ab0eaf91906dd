import type { Operator } from "../../shared/domain/operator.ts";
import { Refusal } from "../../shared/domain/refusal.ts";

/**
 * Refuses somebody whose name nothing ties to a person, where two different people are needed: one person with two
 * sessions would be both.
 *
 * @param operator who calls
 * @param doing what they want to do, after "who": "approves", "proposes an act that needs two people"
 * @param subject what it is about
 * @throws Refusal unless the name is tied to a person
 */
export function refuseUnpinned(operator: Operator, doing: string, subject?: string): void {
  if (operator.isPinned) return;
  throw new Refusal(
    `The name ${operator.name} is what the session was given, and nothing ties it to a person: who ${doing} must use a role ` +
      "that does.",
    { code: "identity_not_pinned", ...(subject === undefined ? {} : { subject }) },
  );
}
