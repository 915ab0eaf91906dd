import { createHash } from "node:crypto";
import { envelopeSha256 } from "../shared/domain/promise.ts";
import { type ElectionKeys, signFor } from "../shared/domain/sealing/election-keys.ts";
import type { BoxHeader } from "../shared/messages/box.ts";
import { OPENING_PURPOSE, type OpeningHeader, OpeningReader } from "../shared/messages/opening.ts";
import type { Election } from "../shared/messages/trustees.ts";
import type { OpenedGroup } from "./open-group.ts";

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
      : JSON.stringify({ spoiled: type, envelope_sha256: hashOf(type, envelope) }),
  );
  for (const text of spoiled.sort()) yield line(JSON.parse(text));
  const signature = signFor(keys.signing.privateKey, OPENING_PURPOSE, digest.digest());
  yield `${JSON.stringify({ signature: signature.toString("base64url") })}\n`;
}

/** An opening that was read. */
export interface ReadOpening {
  readonly header: OpeningHeader;
  /** SHA-256 over the lines of ballots and spoiled ballots. */
  readonly listSha256: string;
}

/**
 * Reads an opening: checks that its lines give its sums, that they are sorted, and that the key which it names has
 * signed it.
 *
 * @param lines its lines, without line feeds
 * @throws WrongOpening
 */
export async function readOpening(lines: AsyncIterable<string>): Promise<ReadOpening> {
  const [whole, list] = [createHash("sha256"), createHash("sha256")];
  const reader = new OpeningReader(whole, list);
  for await (const line of lines) reader.read(`${line}\n`);
  return { header: reader.end(whole.digest()), listSha256: list.digest("hex") };
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

/** SHA-256 of an envelope's bytes, as the public log has it; of its text, where that stands for no bytes. */
function hashOf(type: string, envelope: string): string {
  if (type === "not_base64url") return createHash("sha256").update(envelope).digest("hex");
  return envelopeSha256(envelope).toString("hex");
}
