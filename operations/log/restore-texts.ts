import { z } from "zod";
import { canonicalJson } from "../../shared/domain/canonical-json.ts";
import { descriptionEntry, journalEntry } from "../../shared/domain/log/leaf.ts";
import { type NoteKey, openNote } from "../../shared/domain/log/note.ts";
import { NO_ENTRY, textHash } from "../../shared/domain/log/public-journal.ts";
import type { LogObjects } from "./log-objects.ts";
import { LogStopped } from "./log-stopped.ts";
import type { LoggedLaw, LogSession, PublicEntry } from "./ports.ts";

/** Texts that are added to the database at a time. */
const MOST_TEXTS = 1_000;

const Line = z.looseObject({ number: z.number().int().positive(), previous: z.string() });
const Described = z.looseObject({ roll: z.looseObject({ digest: z.string() }) });

/**
 * Refuses to bring a log back into a database whose roll is not that of the journal and of the log.
 *
 * @param session the database
 * @param objects what is published
 * @param law whose log
 * @param key of the log
 * @throws LogStopped saying what to do first
 */
export async function refuseOtherRoll(
  session: LogSession,
  objects: LogObjects,
  law: LoggedLaw,
  key: NoteKey,
): Promise<void> {
  const note = (await objects.get("description"))?.toString("utf8");
  if (note === undefined) return;
  const text = openNote(note, key);
  if (text === undefined) throw textDiffers(law, "The published description");
  const digest = (await session.journalRollDigest()) ?? Described.parse(JSON.parse(text)).roll.digest;
  const described = await session.describedLaw();
  if (described?.roll.digest === digest) return;
  throw new LogStopped(
    "roll_differs",
    `The roll of ${law.lawId} in PostgreSQL has ${described === undefined ? "no digest" : `the digest ${described.roll.digest}`}, ` +
      `and the last act on it left ${digest}. Bring the roll back first: npm run ops -- restore-acts, and what it says. ` +
      "Nothing was brought back.",
  );
}

/**
 * Brings back the published texts that the database has lost: descriptions, and the public texts of the journal. Their
 * entries wait then, until the epoch is brought back that has them.
 *
 * @param session the database
 * @param objects what is published
 * @param law whose log
 * @param key of the log
 * @returns the entries of all texts, in hexadecimal digits
 * @throws LogStopped when a text is not what the database or its journal has
 */
export async function restoreTexts(
  session: LogSession,
  objects: LogObjects,
  law: LoggedLaw,
  key: NoteKey,
): Promise<ReadonlySet<string>> {
  return new Set([
    ...(await restoreDescriptions(session, objects, law, key)),
    ...(await restoreJournal(session, objects, law)),
  ]);
}

async function restoreDescriptions(
  session: LogSession,
  objects: LogObjects,
  law: LoggedLaw,
  key: NoteKey,
): Promise<string[]> {
  const entries: string[] = [];
  const known = await session.descriptions();
  for (let version = 1; ; version++) {
    const [there, published] = [known[version - 1], (await objects.get(`description.${version}`))?.toString("utf8")];
    const note = published ?? there;
    if (note === undefined) return entries;
    const text = openNote(note, key);
    if (text === undefined || (there !== undefined && there !== note)) {
      throw textDiffers(law, `The published description ${version}`);
    }
    const entry = descriptionEntry(version, text);
    if (there === undefined) await session.addDescription(version, note, entry);
    entries.push(entry.toString("hex"));
  }
}

async function restoreJournal(session: LogSession, objects: LogObjects, law: LoggedLaw): Promise<string[]> {
  const published = ((await objects.get("journal.ndjson"))?.toString("utf8") ?? "").split("\n").slice(0, -1);
  const known = await session.journalTexts(Number.MAX_SAFE_INTEGER);
  if (published.slice(0, known.length).some((text, at) => text !== known[at])) {
    throw textDiffers(law, "The published journal");
  }
  const all = readLines(law, [...known, ...published.slice(known.length)]);
  const wrong = await session.journalDiffers(published);
  if (wrong !== undefined) {
    throw new LogStopped(
      "journal_differs",
      `The published log of ${law.lawId} names entry ${wrong} of the journal, and PostgreSQL has no such entry or another ` +
        "one. Bring the journal back first: npm run ops -- restore-acts. Nothing was brought back.",
    );
  }
  for (let at = known.length; at < all.length; at += MOST_TEXTS) {
    await session.addJournal(all[at - 1]?.number ?? 0, all.slice(at, at + MOST_TEXTS));
  }
  return all.map(({ entry }) => entry.toString("hex"));
}

/** The lines of a public journal: each names the one before. */
function readLines(law: LoggedLaw, lines: readonly string[]): readonly PublicEntry[] {
  let [last, previous] = [0, NO_ENTRY];
  return lines.map((text) => {
    const line = readLine(text);
    if (line === undefined || line.number <= last || line.previous !== previous) {
      throw textDiffers(law, "The published journal");
    }
    [last, previous] = [line.number, textHash(text)];
    return { number: line.number, text, entry: journalEntry(line.number, text) };
  });
}

function readLine(text: string): z.output<typeof Line> | undefined {
  try {
    const line = Line.safeParse(JSON.parse(text)).data;
    return line !== undefined && canonicalJson(line) === text ? line : undefined;
  } catch {
    return undefined;
  }
}

function textDiffers({ lawId }: LoggedLaw, what: string): LogStopped {
  return new LogStopped(
    "text_differs",
    `${what} of ${lawId} is not as the log's key has signed it, or not what PostgreSQL has. One of them was changed. ` +
      "Nothing was brought back. Keep both, and find out who could write there.",
  );
}
