import { Sha256, sha256 } from "../bytes/sha256.ts";
import { fromBase64url, hex } from "../bytes/text.ts";
import { fieldsOf } from "../files/json.ts";
import { BadLines, blocksOf } from "../files/lines.ts";
import type { HashTable } from "../log/hash-table.ts";
import type { Context } from "./context.ts";

const ENVELOPE_BYTES = 59;

/**
 * Compares a box with the counted envelopes of the log (3.12), as trustees do before they open it.
 *
 * @param context report and progress
 * @param chunks the export of the box
 * @param counted the hashes of the counted envelopes
 * @param boxSha256 of the box that was opened; undefined when none was opened yet
 */
export async function checkBox(
  { report, onProgress, signal }: Context,
  chunks: AsyncIterable<Uint8Array>,
  counted: HashTable,
  boxSha256: string | undefined,
): Promise<void> {
  const whole = new Sha256();
  const marks = counted.marks();
  try {
    for await (const { bytes, lines, before } of blocksOf(chunks)) {
      signal?.throwIfAborted();
      whole.update(bytes);
      for (const [at, text] of lines.entries()) {
        const line = before + at + 1;
        // The first line describes the box.
        if (line === 1 && fieldsOf(text)?.["kind"] === "box") continue;
        const envelope = fromBase64url(stringOf(text), ENVELOPE_BYTES);
        if (envelope === undefined || !marks.mark(sha256(envelope))) report.fail("3.12", { code: "box_extra", line });
      }
      onProgress("box", before + lines.length, counted.size);
    }
  } catch (error) {
    if (!(error instanceof BadLines)) throw error;
    report.fail("3.12", { code: "malformed_line", file: "the box", line: error.line });
    return;
  }
  for (const hash of marks.unmarked()) report.fail("3.12", { code: "box_missing", envelope: hex(hash) });
  if (boxSha256 !== undefined && hex(whole.digest()) !== boxSha256) report.fail("3.12", { code: "box_other" });
  report.ran("3.12");
}

function stringOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // It is no envelope.
  }
}
