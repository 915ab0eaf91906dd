import { hash } from "node:crypto";
import { readEntry } from "../../shared/domain/log/leaf.ts";
import { type NoteSigner, openNote, verifierKey } from "../../shared/domain/log/note.ts";
import type { LogObjects } from "./log-objects.ts";
import { LogStopped } from "./log-stopped.ts";
import type { LogSession } from "./ports.ts";

/**
 * Writes the texts whose hashes are entries of an epoch, before its checkpoint: whoever finds an entry finds its text.
 *
 * @param session reads the texts
 * @param objects takes them
 * @param signer the log's key
 * @param entries of the epoch
 * @throws LogStopped when a text has another hash than its entry, or another one was published
 */
export async function publishTexts(
  session: LogSession,
  objects: LogObjects,
  signer: NoteSigner,
  entries: readonly Buffer[],
): Promise<void> {
  let lastNumber = 0;
  const described: { readonly version: number; readonly text: Buffer }[] = [];
  for (const entry of entries) {
    const leaf = readEntry(entry);
    if (leaf?.kind === "journal") lastNumber = Math.max(lastNumber, leaf.number);
    if (leaf?.kind === "description") described.push(leaf);
  }
  if (described.length > 0) await publishDescriptions(session, objects, signer, described);
  if (lastNumber === 0) return;
  const texts = await session.journalTexts(lastNumber);
  await objects.extend("journal.ndjson", texts.map((text) => `${text}\n`).join(""));
}

async function publishDescriptions(
  session: LogSession,
  objects: LogObjects,
  signer: NoteSigner,
  described: readonly { readonly version: number; readonly text: Buffer }[],
): Promise<void> {
  await objects.putText("key", `${verifierKey(signer)}\n`);
  const notes = await session.descriptions();
  for (const { version, text } of described) {
    const note = notes[version - 1];
    if (note === undefined) continue;
    const signed = openNote(note, signer);
    if (signed === undefined || !hash("sha256", signed, "buffer").equals(text)) {
      throw new LogStopped(
        "text_differs",
        `Description ${version} of the log ${signer.name} in PostgreSQL is not the one whose hash is in the log. ` +
          "Somebody has changed it. Nothing more is published.",
      );
    }
    await objects.putText(`description.${version}`, note);
    await objects.replaceText("description", notes.slice(0, version - 1), note);
  }
}
