import { writeFile } from "node:fs/promises";
import { type Comparison, compareMemories, type View, writeTwoViews } from "../../client/verify/index.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import type { Language, Options } from "./options.ts";
import { memoryIn } from "./run-checks.ts";

const WORDS: Readonly<Record<Language, Readonly<Record<View | "none", string>>>> = {
  en: {
    same: "both have seen the same state",
    split: "TWO VIEWS: the log has signed two states that cannot both be true",
    other_keys: "TWO KEYS: both have seen a log of this name, with different keys",
    false_note: "FALSE: one of the states is not signed by the log, so one of the files was changed",
    unproven: "the states have different sizes: name the log as well, to see whether one extends the other",
    none: "The files have no log in common, so there is nothing to compare.",
  },
  fr: {
    same: "les deux ont vu le même état",
    split: "DEUX VUES\u00a0: le registre a signé deux états qui ne peuvent pas être vrais tous deux",
    other_keys: "DEUX CLÉS\u00a0: les deux ont vu un registre de ce nom, avec des clés différentes",
    false_note:
      "FAUX\u00a0: l’un des états n’est pas signé par le registre\u00a0; l’un des fichiers a donc été modifié",
    unproven: "les états n’ont pas la même taille\u00a0: nommez aussi le registre, pour voir si l’un prolonge l’autre",
    none: "Les fichiers n’ont aucun registre en commun\u00a0: il n’y a rien à comparer.",
  },
};
const WRONG: ReadonlySet<View> = new Set(["split", "other_keys", "false_note"]);

/** Compares what two people remember, without the logs. Exit code 1: they differ; 3: nothing can be said. */
export async function compareRemembered(options: Options): Promise<void> {
  const { remember = "", compare = "", lang } = options;
  const found = await compareMemories(await memoryIn(remember, false), await memoryIn(compare, false)).catch(
    (error: unknown) => {
      throw error instanceof Error && error.name === "CannotVerify" ? new UserError(error.message) : error;
    },
  );
  const words = WORDS[lang];
  const proof = await proved(found, options);
  const logs = found.map(({ origin, view, one, other }) => {
    return { origin, view, sizes: [one.checkpoint.size, other.checkpoint.size] };
  });
  print(options, { logs, proof: proof ?? null }, () =>
    logs.length === 0
      ? words.none
      : [...logs.map(({ origin, view }) => `${origin}: ${words[view]}`), ...(proof === undefined ? [] : [proof])].join(
          "\n",
        ),
  );
  const isClear = found.length > 0 && found.every(({ view }) => view === "same");
  process.exitCode = found.some(({ view }) => WRONG.has(view)) ? 1 : isClear ? 0 : 3;
}

async function proved(found: readonly Comparison[], { proof, lang }: Options): Promise<string | undefined> {
  const wrong = found.find(({ view }) => view === "split" || view === "other_keys");
  if (wrong === undefined) return undefined;
  const file = proof ?? "proof-two-views.json";
  await writeFile(file, writeTwoViews(wrong));
  return lang === "fr" ? `La preuve est dans ${file}.` : `The proof is in ${file}.`;
}
