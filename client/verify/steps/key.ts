import type { Remembered } from "../files/remembered.ts";
import type { SavedPromise } from "../files/saved.ts";
import { type NoteKey, readNoteKey } from "../log/note.ts";
import { type BundleSource, CannotRead, wholeText } from "../source.ts";
import type { Context } from "./context.ts";

const FILE = "key";
const MOST_BYTES = 4_096;

/** From where somebody may know the log's key. */
interface Known {
  readonly key?: string | undefined;
  readonly promise?: SavedPromise | undefined;
  readonly remembered?: readonly Remembered[];
}

/**
 * The key with which the log of a bundle is checked: the bundle's own, or the one that is known.
 *
 * @param source the bundle
 * @param where names it in messages
 * @param origin of the log, as the checkpoint says
 * @param known keys from elsewhere
 * @throws CannotRead when there is no key, or none of this log
 */
export async function keyOf(source: BundleSource, where: string, origin: string, known: Known): Promise<NoteKey> {
  const own = await wholeText(source, FILE, MOST_BYTES);
  const text = own ?? knownKeys(known, origin)[0];
  if (text === undefined) {
    throw new CannotRead(
      where,
      "it does not name the key of its log: name the key that the election office has published",
    );
  }
  const key = await readNoteKey(text);
  if (key === undefined) throw new CannotRead(where, "the key of its log is none that this program can use");
  if (key.name !== origin) {
    throw new CannotRead(where, `its checkpoint is of the log ${origin}, and its key of ${key.name}`);
  }
  return key;
}

/** Compares the key with those that are known (1.03). */
export function checkKey({ report, key }: Context, known: Known): void {
  const keys = knownKeys(known, key.name);
  for (const one of keys) {
    if (one.trim() !== key.text) report.fail("1.03", { code: "other_key", found: key.text, known: one.trim() });
  }
  if (keys.length > 0) report.ran("1.03");
  else {
    report.skip("not_asked", "1.03");
    report.say("1.03", { code: "key_not_compared", key: key.text });
  }
}

function knownKeys({ key, promise, remembered = [] }: Known, origin: string): string[] {
  const ofPromise = promise?.origin === origin ? promise.logKey : undefined;
  const ofMemory = remembered.filter(({ checkpoint }) => checkpoint.origin === origin).map((one) => one.key);
  return [key, ofPromise, ...ofMemory].filter((one) => one !== undefined);
}
