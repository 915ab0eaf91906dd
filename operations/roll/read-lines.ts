import { VoteRequest } from "../../shared/messages/vote-request.ts";

/** A voter's credentials as a roll file gives them. They stay in memory for as long as it takes to hash them. */
export interface Credentials {
  readonly line: number;
  /** Nine digits. */
  readonly nas: string;
  readonly code: string;
}

/** A line that is no voter, and why; what stands on it is not repeated. */
export interface BadLine {
  readonly line: number;
  readonly reason: string;
}

export type RollLine =
  | { readonly kind: "voter"; readonly voter: Credentials }
  | { readonly kind: "bad"; readonly bad: BadLine };

/** Longer lines are not held in memory: a voter's line has at most some fifty characters. */
const MAX_LINE = 4_096;
const BYTE_ORDER_MARK = "\ufeff";
const PLAIN_NAS = /^[0-9]{9}$/;
const PLAIN_CODE = /^[A-Za-z0-9]{6,32}$/;
/** A field in quotes or without; neither NAS nor code can hold a quote, a separator or a line break. */
const ROW = /^[ \t]*(?:"([^"]*)"|([^",;]*?))[ \t]*[,;][ \t]*(?:"([^"]*)"|([^",;]*?))[ \t]*$/;

/**
 * Reads a roll file: CSV `nas,code` in UTF-8, header optional, LF or CRLF, comma or semicolon, quotes optional, blank
 * lines ignored. It is read line by line and not by a CSV parser, for which one stray quote would turn all lines up to
 * the next quote into one field: here it costs its own line only.
 *
 * @param source the file's bytes or text
 * @yields what stands on its lines, a few thousand at once
 */
export async function* readRollLines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<readonly RollLine[]> {
  let number = 0;
  let seen = false;
  for await (const lines of textLines(source)) {
    const found: RollLine[] = [];
    for (const text of lines) {
      number++;
      if (text.trim() === "") continue;
      if (!seen && isHeader(text)) {
        seen = true;
        continue;
      }
      seen = true;
      found.push(readLine(text, number));
    }
    if (found.length > 0) yield found;
  }
}

function isHeader(text: string): boolean {
  return /^[ \t]*"?nas"?[ \t]*[,;]/i.test(text);
}

function readLine(text: string, line: number): RollLine {
  const bad = (reason: string): RollLine => ({ kind: "bad", bad: { line, reason } });
  if (text.length > MAX_LINE) return bad("is too long for a voter");
  const row = ROW.exec(text);
  if (row === null) return bad("must have two columns: nas,code");
  const nas = row[1] ?? row[2] ?? "";
  const code = row[3] ?? row[4] ?? "";
  if (PLAIN_NAS.test(nas) && PLAIN_CODE.test(code)) return { kind: "voter", voter: { line, nas, code } };
  // The rare rest goes through the very schema that ingest reads a vote with.
  const parsedNas = VoteRequest.shape.nas.safeParse(nas);
  if (!parsedNas.success) return bad(`the nas ${parsedNas.error.issues[0]?.message ?? "is malformed"}`);
  const parsedCode = VoteRequest.shape.code.safeParse(code);
  if (!parsedCode.success) return bad(`the code ${parsedCode.error.issues[0]?.message ?? "is malformed"}`);
  return { kind: "voter", voter: { line, nas: parsedNas.data, code: parsedCode.data } };
}

/** Splits a stream into lines without their ends; of a line that is far too long only the beginning is kept. */
async function* textLines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let first = true;
  for await (const piece of source) {
    let text = typeof piece === "string" ? piece : decoder.decode(piece, { stream: true });
    if (first && text !== "") {
      if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
      first = false;
    }
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE + 1);
    if (lines.length > 0) yield lines.map(withoutReturn);
  }
  rest += decoder.decode();
  if (rest !== "") yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
