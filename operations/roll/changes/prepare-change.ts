import type { z } from "zod";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { personHash } from "../../../shared/domain/voter-hash.ts";
import { MOST_CHANGED, type prepareRollChange } from "../../../shared/messages/operators/roll-changes.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { readChunkText } from "../file/chunk-text.ts";
import { codeRule } from "../file/code-rule.ts";
import { hashVoters, type RollKeys } from "../hash-voters.ts";
import type { StepContext } from "../steps/step-ports.ts";
import type { RollDraft } from "../stores/roll-drafts.ts";
import { refuseChange } from "./refuse-change.ts";

type Request = z.output<typeof prepareRollChange.request>;

const PERSON = /^([1-9][0-9]{0,11}),([0-9]{9})$/;

/**
 * Keeps what somebody is about to do to voters of a sealed roll. NAS and codes go no further than this.
 *
 * @param context the step; its run names the draft
 * @param request the voters
 * @param madeBy the operator's name
 * @returns the draft
 * @throws Refusal naming lines, and never what is in them
 */
export async function prepareChange(context: StepContext, request: Request, madeBy: string): Promise<RollDraft> {
  const { servers, run, rolls } = context;
  const [law] = await existingLaws(servers, [request.law_id]);
  if (law === undefined) throw new Error(`the law ${request.law_id} is gone`);
  const draft = { id: run, lawId: law.lawId, kind: request.kind, ...(await hashed(context, law, request)) };
  const ports = rolls();
  refuseRepeated(draft);
  await refuseChange(ports, law, draft, { isCarriedOut: false });
  await ports.drafts.keep(draft, madeBy);
  return draft;
}

type Hashes = Pick<RollDraft, "lines" | "personHashes" | "voterHashes">;

async function hashed({ servers }: StepContext, law: Law, { kind, voters: text }: Request): Promise<Hashes> {
  const keys = await servers.keys();
  if (kind === "strike" || kind === "find") return persons(text, law, keys);
  const rule = codeRule([law], keys);
  const voters = readChunkText(text).map((voter) => {
    const code = rule(voter.code);
    if (code !== undefined) return { ...voter, code };
    throw new Refusal(`The code of line ${voter.line} is not one of this stage; nothing was changed.`);
  });
  const entries = hashVoters(voters, law, keys);
  return {
    lines: entries.map(({ line }) => line),
    personHashes: entries.map((entry) => entry.personHash),
    voterHashes: entries.map(({ voterHash }) => voterHash),
  };
}

function persons(text: string, law: Law, keys: RollKeys): Hashes {
  const { person } = keys.ofVersion(law.keyVersion);
  const read = text.split(";").map((one, index) => {
    const [, line, nas] = PERSON.exec(one) ?? [];
    if (nas !== undefined) return { line: Number(line), hash: personHash(nas, law.lawId, person) };
    throw new Refusal(`Voter ${index + 1} is not of the form line,nas.`, { code: "invalid_request" });
  });
  return { lines: read.map(({ line }) => line), personHashes: read.map(({ hash }) => hash), voterHashes: [] };
}

function refuseRepeated({ kind, lines, personHashes }: RollDraft): void {
  if (personHashes.length > MOST_CHANGED) {
    throw new Refusal(`One change takes at most ${MOST_CHANGED} voters; nothing was changed. Divide the file.`);
  }
  if (kind === "find" && personHashes.length !== 1) throw new Refusal("One person is looked for at a time.");
  const seen = new Set<string>();
  for (const [index, hash] of personHashes.entries()) {
    const text = hash.toString("hex");
    if (seen.has(text)) {
      throw new Refusal(`Line ${lines[index]} names a person of an earlier line; nothing was changed. Name each once.`);
    }
    seen.add(text);
  }
}
