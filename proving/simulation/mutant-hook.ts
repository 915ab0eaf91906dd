import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Edit } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** Loaded first (`node --import`): makes the source changes of the mutant that REFERENDUM_MUTANT names. */

const ROOT = resolve(import.meta.dirname, "../..");
const name = process.env["REFERENDUM_MUTANT"] ?? "";
const mutant = MUTANTS.find((one) => one.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);

const editsOf = new Map<string, Edit[]>();
for (const edit of mutant.edits) {
  const url = pathToFileURL(resolve(ROOT, edit.file)).href;
  editsOf.set(url, [...(editsOf.get(url) ?? []), edit]);
}

registerHooks({
  load(url, context, nextLoad) {
    const edits = editsOf.get(url);
    if (edits === undefined) return nextLoad(url, context);
    const source = edits.reduce(change, readFileSync(new URL(url), "utf8"));
    return { format: "module-typescript", source, shortCircuit: true };
  },
});

function change(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`"${find}" stands ${parts.length - 1} times in ${file}, and must stand once`);
  return parts.join(replace);
}
