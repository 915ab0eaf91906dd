import { z } from "zod";
import { canonicalJson } from "../../shared/domain/canonical-json.ts";
import {
  type DescribedLaw,
  type Description,
  descriptionText,
  firstDescription,
  nextDescription,
  otherwiseDescribed,
} from "../../shared/domain/log/description.ts";
import { descriptionEntry, journalEntry } from "../../shared/domain/log/leaf.ts";
import { type NoteSigner, openNote, signNote } from "../../shared/domain/log/note.ts";
import { NO_ENTRY, publicText, textHash } from "../../shared/domain/log/public-journal.ts";
import { LogStopped } from "./log-stopped.ts";
import type { LogSession, PublicEntry } from "./ports.ts";

/** Entries of the journal that are read at a time. */
const MOST_ENTRIES = 1_000;

const Read = z.looseObject({ version: z.number() });

/**
 * Makes the entries of a log that no transaction of a vote makes: a description when the law becomes ready, and when
 * its roll or its keys of promises have changed; and the public texts of the journal.
 *
 * @param session the database
 * @param signer signs descriptions
 * @throws LogStopped when a description in the database is not signed by the key, or the law is not what it says
 */
export async function prepareEntries(session: LogSession, signer: NoteSigner): Promise<void> {
  await prepareDescription(session, signer);
  await prepareJournal(session);
}

async function prepareDescription(session: LogSession, signer: NoteSigner): Promise<void> {
  const law = await session.describedLaw();
  if (law === undefined) return;
  const note = (await session.descriptions()).at(-1);
  const last = note === undefined ? undefined : readDescription(note, signer);
  if (last !== undefined) refuseOther(last, law);
  const description = last === undefined ? firstDescription(law) : nextDescription(last, law);
  if (description === undefined) return;
  const text = descriptionText(description);
  const signed = await signNote(text, signer);
  await session.addDescription(description.version, signed, descriptionEntry(description.version, text));
}

/** Voters would vote on another law, or seal their ballots for somebody else, while the log says nothing of it. */
function refuseOther(last: Description, law: DescribedLaw): void {
  const fields = otherwiseDescribed(last, law);
  if (fields.length === 0) return;
  throw new LogStopped(
    "law_differs",
    `The law ${law.lawId} in PostgreSQL has another ${fields.join(", another ")} than the description that its log has ` +
      "signed, and no act changes that. Somebody has changed it. Nothing more is published. Freeze the law, and find out " +
      "who could write there.",
  );
}

function readDescription(note: string, signer: NoteSigner): Description {
  const text = openNote(note, signer);
  const read = text === undefined ? undefined : Read.parse(JSON.parse(text));
  if (read !== undefined && `${canonicalJson(read)}\n` === text) return read;
  throw new LogStopped(
    "text_differs",
    `A description of the log ${signer.name} in PostgreSQL is not as its key has signed it. Somebody has changed it. ` +
      "Nothing more is published.",
  );
}

async function prepareJournal(session: LogSession): Promise<void> {
  for (;;) {
    const facts = await session.newJournal(MOST_ENTRIES);
    if (facts.length === 0) return;
    const last = await session.lastJournal();
    let previous = last === undefined ? NO_ENTRY : textHash(last.text);
    const entries = facts.map((one): PublicEntry => {
      const text = publicText(one, previous);
      previous = textHash(text);
      return { number: one.number, text, entry: journalEntry(one.number, text) };
    });
    await session.addJournal(last?.number ?? 0, entries);
    if (facts.length < MOST_ENTRIES) return;
  }
}
