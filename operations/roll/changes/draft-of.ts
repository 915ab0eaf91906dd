import { Refusal } from "../../../shared/domain/refusal.ts";
import type { StepPorts } from "../steps/step-ports.ts";
import type { RollDraft } from "../stores/roll-drafts.ts";

/**
 * The draft that an act names.
 *
 * @param ports the drafts
 * @param wanted its id, and what it must be of
 * @param what the act does, to complete "to … of LAW"
 * @throws Refusal when there is no such draft
 */
export async function draftOf(
  { drafts }: Pick<StepPorts, "drafts">,
  { id, lawId, kind, voters }: Pick<RollDraft, "id" | "lawId" | "kind"> & { readonly voters: number },
  what: string,
): Promise<RollDraft> {
  const draft = await drafts.get(id);
  if (draft?.lawId === lawId && draft.kind === kind && draft.personHashes.length === voters) return draft;
  throw new Refusal(`There is no draft ${id} to ${what} of ${lawId}: run the command again.`, {
    code: "invalid_request",
  });
}
