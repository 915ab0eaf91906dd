import { availableParallelism } from "node:os";

/** A test file, as far as its place in a run depends on it. */
export interface TestFile {
  readonly project: string;
  readonly path: string;
  /** Whether it runs in the worker of the project's file before it, and finds there what that one has loaded. */
  readonly sharesWorker: boolean;
  /** How long the run before took; undefined in the first one. */
  readonly lastMilliseconds: number | undefined;
}

/** What files take that have not run here yet, seconds: the first that is part of a path. */
const USUAL_SECONDS = [
  ["/integration/faults/", 120],
  ["/simulation/", 70],
  ["/integration/hostile/", 60],
  ["/integration/own-stack/", 50],
  ["/integration/", 30],
  ["/stores/", 15],
] as const;

/**
 * How many files a run of everything on a local stack runs at once: those that wait for servers beside those that use
 * the CPU all the time. Set by `npm test`; undefined when only a part is run, in which nothing would fill the waiting.
 */
export function filesAtOnce(): number | undefined {
  return process.env.REFERENDUM_TESTS_TOGETHER === "1" ? Math.min(3, 1 + availableParallelism()) : undefined;
}

/**
 * The order that ends soonest. The longest files that wait for servers take all workers but one. That one runs the
 * files which share a worker, a project after the other, so that each project loads its code and synthesizes its
 * templates once. Then follow all others, the longest first, so that no long one is left alone at the end.
 *
 * @param files those of a run
 * @param workers how many run at once
 */
export function inOrder<T extends TestFile>(files: readonly T[], workers: number): T[] {
  const sharing = files.filter((file) => file.sharesWorker).toSorted((a, b) => compare(a.project, b.project));
  const alone = files.filter((file) => !file.sharesWorker).toSorted((a, b) => duration(b) - duration(a));
  const waiting = alone.filter((file) => file.project !== "simulation").slice(0, workers - 1);
  return [...waiting, ...sharing, ...alone.filter((file) => !waiting.includes(file))];
}

function duration({ lastMilliseconds, path }: TestFile): number {
  const usual = USUAL_SECONDS.find(([part]) => path.includes(part))?.[1] ?? 1;
  return lastMilliseconds ?? usual * 1_000;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
