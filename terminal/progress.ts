import { SingleBar } from "cli-progress";

/** A figure that grows while the user waits. */
export interface Progress {
  /** @param value the amount that is done so far */
  update(value: number): void;
  stop(): void;
}

/** Shows a line that the next one replaces, and texts that stay. */
export interface StatusLine {
  /** Replaces the line. */
  show(text: string): void;
  /** Prints a text that stays, above the line. */
  say(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/**
 * A line on stderr that changes about every second. If stderr is not a terminal, the line is printed every ten seconds.
 */
export function statusLine(): StatusLine {
  let shown = false;
  let lineDueMs = Date.now() + LINE_EVERY_MS;
  const clear = () => {
    if (shown) process.stderr.write("\r\x1b[2K");
    shown = false;
  };
  return {
    show(text) {
      if (process.stderr.isTTY) {
        process.stderr.write(`\r\x1b[2K${text.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))}`);
        shown = true;
      } else if (Date.now() >= lineDueMs) {
        lineDueMs = Date.now() + LINE_EVERY_MS;
        process.stderr.write(`${text}\n`);
      }
    },
    say(text) {
      clear();
      process.stderr.write(`${text}\n`);
    },
    end: clear,
  };
}

/** Work that takes less than this shows no bar. */
const PATIENCE_MS = 2_000;
/** How often a line is printed when standard error is not a terminal. */
const LINE_EVERY_MS = 10_000;

/**
 * Shows progress on stderr when the work takes longer than two seconds: a bar on a terminal, otherwise lines at
 * intervals.
 *
 * @param what the name of the counted things, for example `voters`
 * @param total their final number; undefined when that is not known
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

/** Shows the progress of work in several steps, one after the other. */
export function progressByStep(): { show(what: string, done: number, total?: number): void; stop(): void } {
  let bar: Progress | undefined;
  let doing = "";
  return {
    show(what, done, total) {
      if (what !== doing) {
        bar?.stop();
        bar = progress(what, total);
        doing = what;
      }
      bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}
