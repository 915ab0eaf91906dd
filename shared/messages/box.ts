import { z } from "zod";
import { LAW_ID_PATTERN } from "../domain/law.ts";
import { isOrigin, MAX_OPTIONS } from "../domain/sealing/sealed-ballot.ts";

/**
 * The export of a ballot box, as text: a line of JSON that describes the box, and then one line per envelope, a JSON
 * string. The server writes it; the trustees' tool reads it on a machine without a network.
 */

/** Much more than an envelope, so that a damaged one is read as a spoiled ballot, and much less than memory. */
const MAX_LINE_CHARACTERS = 65_536;
const MAX_ENVELOPES = 100_000_000;

/** The first line. */
export const BoxHeader = z.strictObject({
  v: z.literal(1),
  kind: z.literal("box"),
  law_id: z.string().regex(LAW_ID_PATTERN),
  origin: z.string().refine(isOrigin, "is not an origin"),
  /** 8 bytes in hexadecimal digits. */
  key_id: z.string().regex(/^[0-9a-f]{16}$/),
  /** `voter`: each opened ballot is published with its tracker. */
  proof: z.enum(["none", "voter"]),
  /** The names of the options, in the order of their indexes. */
  options: z
    .array(z.string().min(1).max(200))
    .min(2)
    .max(MAX_OPTIONS)
    .refine((names) => new Set(names).size === names.length, "has a name twice"),
  /** How many envelopes follow. */
  envelopes: z.number().int().min(0).max(MAX_ENVELOPES),
});
export type BoxHeader = z.output<typeof BoxHeader>;

/** Why a text is not the export of a box. */
export class DamagedBox extends Error {
  /** The line from which on it cannot be read, counted from 1. */
  readonly line: number;

  constructor(line: number, what: string) {
    super(`line ${line} ${what}`);
    this.name = "DamagedBox";
    this.line = line;
  }
}

/**
 * Writes a box.
 *
 * @param header its description
 * @param envelopes exactly as many as the header says
 * @returns its lines, each with its line feed
 * @throws RangeError at the end, when there were more or fewer envelopes
 */
export async function* boxLines(
  header: BoxHeader,
  envelopes: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string> {
  yield `${JSON.stringify(BoxHeader.parse(header))}\n`;
  let written = 0;
  for await (const envelope of envelopes) {
    written++;
    yield `${JSON.stringify(envelope)}\n`;
  }
  if (written !== header.envelopes)
    throw new RangeError(`${written} envelopes, but ${header.envelopes} were announced`);
}

/** A box that is being read. */
export interface OpenedBoxFile {
  readonly header: BoxHeader;
  /** The envelopes in the order of the file, in groups; the whole file has been checked when they end. */
  readonly groups: AsyncIterable<readonly string[]>;
}

/**
 * Reads a box.
 *
 * @param chunks the text in pieces of any length
 * @param groupSize how many envelopes a group has; the last one may have fewer
 * @throws DamagedBox at once for a wrong first line, while reading for a later one
 */
export async function readBox(chunks: AsyncIterable<string>, groupSize: number): Promise<OpenedBoxFile> {
  const lines = linesOf(chunks);
  const first = await lines.next();
  const header = BoxHeader.safeParse(first.done === true ? undefined : jsonOf(first.value));
  if (!header.success) {
    const path = header.error.issues[0]?.path.join(".") ?? "";
    throw new DamagedBox(1, `is not the description of a box${path === "" ? "" : ` (${path})`}`);
  }
  return { header: header.data, groups: groupsOf(lines, header.data.envelopes, groupSize) };
}

async function* groupsOf(lines: AsyncGenerator<string>, expected: number, size: number): AsyncGenerator<string[]> {
  let group: string[] = [];
  let read = 0;
  for await (const line of lines) {
    const envelope = jsonOf(line);
    if (typeof envelope !== "string") throw new DamagedBox(read + 2, "is not an envelope");
    if (++read > expected) throw new DamagedBox(read + 1, `is one too many: the box has ${expected} envelopes`);
    group.push(envelope);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (read < expected) throw new DamagedBox(read + 2, `is missing: the box has ${expected} envelopes`);
  if (group.length > 0) yield group;
}

/** Lines with their line feed taken off; a last line without one was cut off. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  let line = 1;
  for await (const chunk of chunks) {
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      yield part;
      line++;
    }
    if (rest.length > MAX_LINE_CHARACTERS) throw new DamagedBox(line, "is too long");
  }
  if (rest !== "") throw new DamagedBox(line, "is cut off");
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // Its reader says which line it is.
  }
}
