import { SingleBar } from "cli-progress";

/** A figure that grows while the user waits. */
export interface Progress {
  /** @param value how much is done so far */
  update(value: number): void;
  stop(): void;
}

/** Work that takes less than this shows no bar. */
const PATIENCE_MS = 2_000;
/** How often a line is printed when standard error is not a terminal. */
const LINE_EVERY_MS = 10_000;

/**
 * Shows progress on stderr when the work takes longer than two seconds: a bar on a terminal, otherwise lines at intervals.
 *
 * @param what what is counted, for example `voters`
 * @param total how many there will be; undefined when that is not known
 */
export function progress(what: string, total?: number): Progress {
  const startedMs = Date.now();
  let bar: SingleBar | undefined;
  let lineDueMs = startedMs + LINE_EVERY_MS;
  const rate = (value: number) => Math.round(value / Math.max(0.001, (Date.now() - startedMs) / 1000));
  const ofTotal = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
  return {
    update(value) {
      const now = Date.now();
      if (now - startedMs < PATIENCE_MS) return;
      if (process.stderr.isTTY) {
        const format =
          total === undefined
            ? `{value} ${what}, {speed}/s`
            : `{bar} {percentage} % {value}/{total} ${what}, {speed}/s, {eta_formatted} left`;
        if (bar === undefined) {
          bar = new SingleBar({
            format,
            stream: process.stderr,
            hideCursor: true,
            clearOnComplete: true,
            etaBuffer: 50,
          });
          bar.start(total ?? 0, value, { speed: rate(value) });
        } else bar.update(value, { speed: rate(value) });
      } else if (now >= lineDueMs) {
        lineDueMs = now + LINE_EVERY_MS;
        process.stderr.write(`${value.toLocaleString("en")}${ofTotal} ${what}, ${rate(value)}/s\n`);
      }
    },
    stop() {
      bar?.stop();
    },
  };
}
