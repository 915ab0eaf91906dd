import { randomHistory } from "./random-history.ts";
import { simulate } from "./run.ts";

/** Simulates random histories of a mutant (mutant-hook.ts) until one of them catches it, and prints the findings. */

const [from = 0, count = 0] = process.argv.slice(2).map(Number);
let caught: { readonly seed: number; readonly findings: readonly string[] } | undefined;
for (let seed = from; seed < from + count && caught === undefined; seed++) {
  const { findings } = await simulate(randomHistory(seed));
  if (findings.length > 0) caught = { seed, findings };
}
process.stdout.write(JSON.stringify(caught ?? {}));
