import { BASELINES, crashPoints } from "./crash-points.ts";
import type { History } from "./history.ts";
import { randomHistory } from "./random-history.ts";
import { simulate } from "./run.ts";

/** Simulates histories with a mutant (mutant-hook.ts) until one of them catches it, and prints the findings. */

const [from = "", count = ""] = process.argv.slice(2);

async function* histories(): AsyncGenerator<readonly [number | string, History]> {
  const baseline = BASELINES[from];
  if (baseline !== undefined) {
    yield [from, baseline];
    for (const history of await crashPoints(baseline)) yield [from, history];
    return;
  }
  for (let seed = Number(from); seed < Number(from) + Number(count); seed++) yield [seed, randomHistory(seed)];
}

let caught: { readonly seed: number | string; readonly findings: readonly string[] } | undefined;
for await (const [seed, history] of histories()) {
  const { findings } = await simulate(history);
  if (findings.length === 0) continue;
  caught = { seed, findings };
  break;
}
process.stdout.write(JSON.stringify(caught ?? {}));
