import { Refusal } from "../../shared/domain/refusal.ts";
import type { OpeningHeader } from "../../shared/messages/opening.ts";
import { type BroughtOpening, boxHeader, type ClosedBox } from "./closed-box.ts";

/**
 * Refuses the opening of another box, as far as its first line tells.
 *
 * @param box the closed box
 * @param header the first line
 * @throws Refusal naming what differs, with both values
 */
export function refuseOtherBox(box: ClosedBox, header: OpeningHeader): void {
  const { law } = box;
  const known = boxHeader(box);
  const expected: readonly (readonly [what: string, here: unknown, there: unknown])[] = [
    ["law", known.law_id, header.law_id],
    ["origin", known.origin, header.origin],
    ["election key", law.trustees?.electionKey, header.election_key],
    ["signing key", law.trustees?.signingKey, header.signing_key],
    ["key id", known.key_id, header.key_id],
    ["proof", known.proof, header.proof],
    ["options", known.options.join(", "), header.sums.map(({ option }) => option).join(", ")],
    ["number of envelopes", known.envelopes, header.envelopes],
  ];
  const other = expected.find(([, here, there]) => here !== there);
  if (other === undefined) return;
  const [what, here, there] = other;
  throw new Refusal(
    `The list is not an opening of the box of ${law.lawId}: its ${what} is ${String(there)}, and that of the box is ` +
      `${String(here)}. Name the list that the trustees made of this export.`,
    { subject: law.lawId },
  );
}

/**
 * Refuses an opening of another export of the box, or of one that was changed.
 *
 * @param box the closed box
 * @param header the first line of the list
 * @param sha256 of the export as the database has it now
 * @throws Refusal with both hashes
 */
export function refuseOtherExport({ law: { lawId } }: ClosedBox, header: OpeningHeader, sha256: string): void {
  if (header.box_sha256 === sha256) return;
  throw new Refusal(
    `The list is of an export with the SHA-256 ${header.box_sha256}, and the box of ${lawId} has ${sha256}: either the ` +
      `export was changed on its way to the trustees, or the box after it. Export it again (npm run ops -- export-box ` +
      `${lawId} --out FILE), and compare the two files.`,
    { subject: lawId },
  );
}

/** An opening that is to be added to those that are there. */
export interface NewOpening {
  readonly operator: string;
  readonly sha256: string;
  readonly header: OpeningHeader;
}

/**
 * Says which opening of its box a list is.
 *
 * @param lawId the law
 * @param brought the openings that are there
 * @param opening the new one
 * @param twoPeople whether another person must bring the second one
 * @throws Refusal when there are two already, the same person has brought the first one, or the two differ
 */
export function numberOf(
  lawId: string,
  brought: readonly BroughtOpening[],
  { operator, sha256, header }: NewOpening,
  twoPeople: boolean,
): 1 | 2 {
  refuseBringer(lawId, brought, operator, twoPeople);
  const [first] = brought;
  if (first === undefined) return 1;
  if (first.sha256 === sha256) return 2;
  const spoiled = header.spoiled.reduce((all, { ballots }) => all + ballots, 0);
  const spoiledBefore = Object.values(first.spoiled).reduce((all, some) => all + some, 0);
  throw new Refusal(
    `The list differs from the opening that ${first.broughtBy} has brought at ${first.broughtAt.toISOString()}: its SHA-256 is ` +
      `${sha256}, with ${spoiled} spoiled ballots, and that of the first one ${first.sha256}, with ${spoiledBefore}. Of one ` +
      "box there is one list, so one of the two was made by a wrong machine, and nothing was taken. npm run keys -- compare " +
      `says in what they differ. If the first one is wrong: npm run ops -- withdraw-opening ${lawId} --reason TEXT`,
    { subject: lawId },
  );
}

/**
 * Refuses somebody who may not bring an opening, before anything is read.
 *
 * @param lawId the law
 * @param brought the openings that are there
 * @param operator who brings one
 * @param twoPeople whether another person must bring the second one
 * @throws Refusal when there are two already, or the same person has brought the first one
 */
export function refuseBringer(
  lawId: string,
  brought: readonly BroughtOpening[],
  operator: string,
  twoPeople: boolean,
): void {
  const [first, second] = brought;
  if (second !== undefined) {
    throw new Refusal(
      `${lawId} has two equal openings, by ${first?.broughtBy} and ${second.broughtBy}. npm run laws -- count ${lawId} ` +
        "counts it with them.",
      { subject: lawId },
    );
  }
  if (!twoPeople || first?.broughtBy !== operator) return;
  throw new Refusal(
    `${operator} has brought the first opening of ${lawId}, at ${first.broughtAt.toISOString()}. On this stage, another person ` +
      "brings the second one.",
    { code: "same_person", subject: lawId },
  );
}

/**
 * Refuses to take an opening back that is not the only one.
 *
 * @param lawId the law
 * @param brought the openings that are there
 * @param sha256 of the list that is to be taken back
 * @throws Refusal saying which openings there are
 */
export function refuseToWithdraw(lawId: string, brought: readonly BroughtOpening[], sha256: string): void {
  const [first, second] = brought;
  if (first?.sha256 === sha256 && second === undefined) return;
  const why =
    first === undefined
      ? "it has none"
      : second === undefined
        ? `its only one is ${first.sha256}, by ${first.broughtBy}`
        : `it has two equal ones, by ${first.broughtBy} and ${second.broughtBy}, and nothing contradicts them`;
  throw new Refusal(`The opening ${sha256} of ${lawId} cannot be taken back: ${why}. Nothing was changed.`, {
    subject: lawId,
  });
}
