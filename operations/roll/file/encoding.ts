import { Refusal } from "../../../shared/domain/refusal.ts";

/** The text encodings that are read. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** How many bytes of a file decide about its encoding. */
const HEAD_BYTES = 1 << 16;

/** The first bytes of files without text, and what these files are (magic numbers as in file(1)). */
const NOT_TEXT: readonly (readonly [readonly number[], string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], "a workbook or an archive (ZIP): save the sheet as CSV UTF-8, or unpack the archive"],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel workbook: save the sheet as CSV UTF-8"],
  [[0x1f, 0x8b], "compressed (gzip): unpack it first"],
  [[0x25, 0x50, 0x44, 0x46], "a PDF: ask for the list as CSV"],
  [[0xff, 0xfe, 0x00, 0x00], "in UTF-32: save it as CSV UTF-8"],
  [[0x00, 0x00, 0xfe, 0xff], "in UTF-32: save it as CSV UTF-8"],
];

/**
 * Reads a file as text: UTF-8, UTF-16 (a spreadsheet's "Unicode text") or, if neither fits, Windows-1252. NAS and codes
 * are the same bytes in UTF-8 and Windows-1252; only headings and names differ.
 *
 * @param bytes the file
 * @param name its name in messages
 * @param onEncoding called once, when it is known how the file is read
 * @yields its text in pieces, without the byte order mark
 * @throws Refusal naming its format when it is not text
 */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  onEncoding: (encoding: Encoding) => void = () => undefined,
): AsyncGenerator<string> {
  const decoderOf = (beginning: Uint8Array, isWhole: boolean) => {
    const encoding = encodingOf(beginning, name, isWhole);
    onEncoding(encoding);
    return new TextDecoder(encoding);
  };
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let head: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    if (decoder !== undefined) {
      yield decoder.decode(piece, { stream: true });
      continue;
    }
    head.push(piece);
    size += piece.length;
    if (size < HEAD_BYTES) continue;
    const all = Buffer.concat(head);
    decoder = decoderOf(all, false);
    head = [];
    yield decoder.decode(all, { stream: true });
  }
  if (decoder === undefined) {
    const all = Buffer.concat(head);
    yield decoderOf(all, true).decode(all);
  } else yield decoder.decode();
}

function encodingOf(head: Uint8Array, name: string, isWhole: boolean): Encoding {
  for (const [magic, what] of NOT_TEXT) {
    if (magic.every((byte, index) => head[index] === byte)) throw new Refusal(`${name} is ${what}.`);
  }
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  // Without a mark: every other byte of ASCII in UTF-16 is NUL.
  const nulAt = (odd: number) => share(head, (byte, index) => index % 2 === odd && byte === 0);
  if (nulAt(1) > 0.4) return "utf-16le";
  if (nulAt(0) > 0.4) return "utf-16be";
  try {
    // A piece may end within a character, which is not a fault of the file.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: !isWhole });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

function share(bytes: Uint8Array, holds: (byte: number, index: number) => boolean): number {
  let count = 0;
  for (let index = 0; index < bytes.length; index++) if (holds(bytes[index] ?? 0, index)) count++;
  return bytes.length === 0 ? 0 : count / bytes.length;
}
