import type { History } from "./history.ts";
import { simulate } from "./run.ts";

/** The largest number of simulations for making a history smaller. */
const MOST_TRIES = 3_000;

/** A finding without its figures and ids. */
const kindOf = (finding: string) => finding.replaceAll(/[\w-]{40,}|\d+/g, "");

/**
 * Makes a failing history smaller: leaves out each part without which it still fails (after Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002).
 *
 * @param history one with findings
 * @returns a smaller one with findings
 */
export async function shrink(history: History): Promise<History> {
  const wanted = new Set((await simulate(history)).findings.map(kindOf));
  let best = history;
  let tries = 0;
  const attempt = async (smaller: History): Promise<boolean> => {
    if (tries >= MOST_TRIES) return false;
    tries += 1;
    // A part whose absence is a failure of another kind stays.
    if (!(await simulate(smaller)).findings.some((finding) => wanted.has(kindOf(finding)))) return false;
    best = smaller;
    return true;
  };
  const without = async (name: "submissions" | "commands" | "events" | "faults") => {
    for (let size = Math.ceil(best[name].length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < best[name].length; ) {
        const rest = [...best[name].slice(0, at), ...best[name].slice(at + size)];
        if (!(await attempt({ ...best, [name]: rest }))) at += size;
      }
    }
  };
  for (let before: History | undefined; before !== best && tries < MOST_TRIES; ) {
    before = best;
    for (const name of ["faults", "events", "commands", "submissions"] as const) await without(name);
    for (const [index, submission] of best.submissions.entries()) {
      if (submission.sends === 1) continue;
      const submissions = best.submissions.with(index, { ...submission, sends: 1 });
      await attempt({ ...best, submissions });
    }
    if (best.reader !== undefined) await attempt({ ...best, reader: undefined });
    if (best.closesAtMs !== undefined) await attempt({ ...best, closesAtMs: undefined });
    for (const name of ["functions", "votesBatch", "outcomesBatch"] as const) {
      if (best.sizes[name] > 1) await attempt({ ...best, sizes: { ...best.sizes, [name]: 1 } });
    }
  }
  return best;
}
