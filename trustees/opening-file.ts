import { createHash } from "node:crypto";
import { z } from "zod";
import { type ElectionKeys, isSignedFor, signFor } from "../shared/domain/sealing/election-keys.ts";
import type { BoxHeader } from "../shared/messages/box.ts";
import { ELECTION_FIELDS, type Election } from "./files.ts";
import type { OpenedGroup } from "./open-group.ts";
import type { Purpose } from "./signed.ts";

/**
 * The opened list: a line of JSON with sums, a line per ballot, a line per spoiled ballot, and a line with the
 * signature. The lines are sorted, so that they tell nothing of the order in the box, and so that two openings of the
 * same box are the same file.
 */

const PURPOSE: Purpose = "referendum opening v1";
const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The first line. */
export const OpeningHeader = z.strictObject({
  ...ELECTION_FIELDS,
  kind: z.literal("opening"),
  proof: z.enum(["none", "voter"]),
  /** SHA-256 of the box's file. */
  box_sha256: sha256,
  envelopes: count,
  /** The options in their order. */
  sums: z.array(z.strictObject({ option: z.string(), ballots: count })),
  /** Why ballots do not count, in alphabetical order. */
  spoiled: z.array(z.strictObject({ reason: z.string(), ballots: count })),
});
export type OpeningHeader = z.output<typeof OpeningHeader>;

/**
 * Reasons of ballots that opened and chose nothing that there is: like a choice, this is nobody's business, so these
 * ballots are listed without their envelopes. The others never opened, and say nothing of a choice.
 */
const SECRET_REASONS: ReadonlySet<string> = new Set(["unknown_version", "no_such_option"]);

/**
 * Writes an opening.
 *
 * @param keys the election's, which sign it
 * @param election its fields
 * @param box the description of the box
 * @param boxSha256 SHA-256 of the box's file, 64 hexadecimal digits
 * @param opened its ballots
 * @returns the description, and the lines, each with its line feed
 */
export function writeOpening(
  keys: ElectionKeys,
  election: Election,
  box: BoxHeader,
  boxSha256: string,
  opened: OpenedGroup,
): { readonly header: OpeningHeader; readonly lines: Iterable<string> } {
  const reasons = new Map<string, number>();
  for (const { type } of opened.spoiled) reasons.set(type, (reasons.get(type) ?? 0) + 1);
  const header: OpeningHeader = {
    v: 1,
    kind: "opening",
    ...election,
    proof: box.proof,
    box_sha256: boxSha256,
    envelopes: box.envelopes,
    sums: box.options.map((option, at) => ({ option, ballots: opened.counts[at] ?? 0 })),
    spoiled: [...reasons]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([reason, ballots]) => ({ reason, ballots })),
  };
  return { header, lines: linesOf(keys, header, opened) };
}

function* linesOf(keys: ElectionKeys, header: OpeningHeader, opened: OpenedGroup): Generator<string> {
  const digest = createHash("sha256");
  const line = (value: object) => {
    const text = `${JSON.stringify(value)}\n`;
    digest.update(text);
    return text;
  };
  yield line(header);
  for (const [at, { option, ballots }] of header.sums.entries()) {
    const trackers = opened.trackers[at]?.sort() ?? [];
    for (let ballot = 0; ballot < ballots; ballot++) {
      yield line(header.proof === "voter" ? { option, tracker: trackers[ballot] } : { option });
    }
  }
  const spoiled = opened.spoiled.map(({ type, envelope }) =>
    SECRET_REASONS.has(type)
      ? JSON.stringify({ spoiled: type })
      : JSON.stringify({ spoiled: type, envelope_sha256: createHash("sha256").update(envelope).digest("hex") }),
  );
  for (const text of spoiled.sort()) yield line(JSON.parse(text));
  const signature = signFor(keys.signing.privateKey, PURPOSE, digest.digest());
  yield `${JSON.stringify({ signature: signature.toString("base64url") })}\n`;
}

const BallotLine = z.strictObject({
  option: z.string(),
  tracker: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
});
const SpoiledLine = z.strictObject({ spoiled: z.string(), envelope_sha256: sha256.optional() });
const SignatureLine = z.strictObject({ signature: z.string() });

/** An opening that was read. */
export interface ReadOpening {
  readonly header: OpeningHeader;
  /** SHA-256 over the lines of ballots and spoiled ballots. */
  readonly listSha256: string;
}

/** Why a file is not an opening, as what follows its name in a sentence. */
export class WrongOpening extends Error {}

/**
 * Reads an opening: checks that its lines give its sums, that they are sorted, and that the key which it names has
 * signed it.
 *
 * @param lines its lines, without line feeds
 * @throws WrongOpening
 */
export async function readOpening(lines: AsyncIterable<string>): Promise<ReadOpening> {
  let header: OpeningHeader | undefined;
  let signature: string | undefined;
  let before = "";
  const [whole, list] = [createHash("sha256"), createHash("sha256")];
  const [sums, spoiled] = [new Map<string, number>(), new Map<string, number>()];
  for await (const line of lines) {
    if (signature !== undefined) throw new WrongOpening("has lines after its signature");
    const value = jsonOf(line);
    // One look at the text is quicker than a schema that refuses a million ballots.
    const signed = line.startsWith('{"signature"') ? SignatureLine.safeParse(value) : undefined;
    if (signed?.success) {
      signature = signed.data.signature;
      continue;
    }
    whole.update(`${line}\n`);
    if (header === undefined) {
      const first = OpeningHeader.safeParse(value);
      if (!first.success) throw new WrongOpening("does not begin as an opening of this release");
      header = first.data;
      continue;
    }
    list.update(`${line}\n`);
    const place = placeOf(header, value);
    if (place === undefined) throw new WrongOpening("has a line that is no ballot");
    if (place.order < before) throw new WrongOpening("is not sorted");
    before = place.order;
    const counts = place.spoiled ? spoiled : sums;
    counts.set(place.name, (counts.get(place.name) ?? 0) + 1);
  }
  if (header === undefined || signature === undefined) throw new WrongOpening("is cut off");
  const right =
    header.sums.every(({ option, ballots }) => (sums.get(option) ?? 0) === ballots) &&
    header.spoiled.every(({ reason, ballots }) => spoiled.get(reason) === ballots) &&
    spoiled.size === header.spoiled.length &&
    [...sums.values(), ...spoiled.values()].reduce((all, some) => all + some, 0) === header.envelopes;
  if (!right) throw new WrongOpening("has other ballots than its sums say");
  const key = Buffer.from(header.signing_key, "base64url");
  if (!isSignedFor(key, PURPOSE, whole.digest(), Buffer.from(signature, "base64url"))) {
    throw new WrongOpening("was changed: its signature does not belong to its content");
  }
  return { header, listSha256: list.digest("hex") };
}

/** What a line counts for, and a text by which lines are sorted. */
function placeOf(header: OpeningHeader, value: unknown) {
  const ballot = BallotLine.safeParse(value);
  if (ballot.success) {
    const { option, tracker } = ballot.data;
    const at = header.sums.findIndex((sum) => sum.option === option);
    if (at < 0 || (tracker !== undefined) !== (header.proof === "voter")) return undefined;
    return { name: option, spoiled: false, order: `0 ${String(at).padStart(3, "0")} ${tracker ?? ""}` };
  }
  const spoiled = SpoiledLine.safeParse(value);
  if (!spoiled.success) return undefined;
  return { name: spoiled.data.spoiled, spoiled: true, order: `1 ${JSON.stringify(value)}` };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // It is no ballot, and its reader says so.
  }
}

/**
 * Compares two openings.
 *
 * @returns what differs, in sentences; none when they agree
 */
export function differences(one: ReadOpening, other: ReadOpening): string[] {
  const [a, b] = [one.header, other.header];
  const found: string[] = [];
  const differ = (what: string, here: unknown, there: unknown) => {
    if (here !== there) found.push(`${what}: ${String(here)} and ${String(there)}`);
  };
  differ("law", a.law_id, b.law_id);
  differ("origin", a.origin, b.origin);
  differ("election key", a.election_key, b.election_key);
  differ("signing key", a.signing_key, b.signing_key);
  differ("SHA-256 of the box", a.box_sha256, b.box_sha256);
  differ("envelopes", a.envelopes, b.envelopes);
  differ("proof", a.proof, b.proof);
  differ(
    "options in order",
    a.sums.map(({ option }) => option).join(", "),
    b.sums.map(({ option }) => option).join(", "),
  );
  for (const [what, here, there] of [
    ["ballots", pairs(a.sums, "option"), pairs(b.sums, "option")],
    ["spoiled ballots", pairs(a.spoiled, "reason"), pairs(b.spoiled, "reason")],
  ] as const) {
    for (const name of new Set([...here.keys(), ...there.keys()])) {
      differ(`${what}, ${name}`, here.get(name) ?? 0, there.get(name) ?? 0);
    }
  }
  if (found.length === 0 && one.listSha256 !== other.listSha256) found.push("the lists of ballots, with equal sums");
  return found;
}

function pairs<K extends string>(
  list: readonly ({ readonly [key in K]: string } & { readonly ballots: number })[],
  key: K,
): Map<string, number> {
  return new Map(list.map((one) => [one[key], one.ballots]));
}
