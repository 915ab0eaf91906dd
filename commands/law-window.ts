import type { Command } from "commander";
import { readInstant } from "../operations/laws/add.ts";
import { changeWindow, type WindowChangeRequest } from "../operations/laws/change-window.ts";
import { lawTimingOf } from "../operations/laws/timing.ts";
import { closeLaw, openLaw } from "../operations/laws/window.ts";
import { withTarget } from "../places/find-target.ts";
import { waitUntil } from "../shared/runtime/wait.ts";
import { UserError } from "../terminal/errors.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { print } from "../terminal/print.ts";
import { statusLine } from "../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeLaw, lawInstant, lawToJson } from "./law-words.ts";

interface WindowOptions extends CommonOptions {
  readonly at?: string;
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

interface OpenOptions extends WindowOptions {
  readonly until?: string;
  readonly reopen?: true;
}

const EXIT_CODES = "\nExit code 0 also when there was nothing to change.";

/** Adds `open` and `close` to the command. */
export function addWindowCommands(program: Command): void {
  const wait = ["--no-wait", "returns once the change is written, not when it is in force"] as const;
  withCommonOptions(
    program
      .command("open <id>")
      .description("opens a law as soon as every ingest function knows; its planned end stays")
      .option("--at <instant>", "another time to open, with its zone")
      .option("--reopen", "opens a law again that has closed, although its result may be known by now")
      .option("--until <instant>", "with --reopen: when it closes (default: its planned end, if that is still to come)")
      .option(...wait)
      .addHelpText("after", EXIT_CODES),
  ).action((id: string, options: OpenOptions) => {
    const until = options.until === undefined ? undefined : readInstant("--until", options.until);
    return change(id, options, (law, moment, at) => openLaw(law, moment, { at, until, reopen: options.reopen }));
  });
  withCommonOptions(
    program
      .command("close <id>")
      .description("closes a law as soon as every ingest function knows; votes accepted before then count")
      .option("--at <instant>", "when it closes instead, earlier or later than planned, with its zone")
      .option(...wait)
      .addHelpText("after", EXIT_CODES),
  ).action((id: string, options: WindowOptions) =>
    change(id, options, (law, moment, at) => closeLaw(law, moment, { at })),
  );
}

async function change(lawId: string, options: WindowOptions, decide: WindowChangeRequest["decide"]): Promise<void> {
  const at = options.at === undefined ? undefined : readInstant("--at", options.at);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  await withTarget(options, async (target) => {
    const timing = lawTimingOf(target);
    const { law, inForceAt } = await changeWindow(target.laws, timing, lawId, {
      at,
      decide,
      onLost: () => say(`Somebody else changed ${lawId} at the same moment; reading it again.`),
    });
    const json = () => ({ ...lawToJson(law), in_force_at: inForceAt?.toISOString() ?? null });
    if (inForceAt === undefined) {
      print(options, json(), () => `Nothing changed. ${describeLaw(law)}`);
      return;
    }
    const moment = lawInstant(law, inForceAt.toISOString());
    // A moment that was named may be days ahead: nobody waits for it.
    if (!options.wait || at !== undefined) {
      print(options, json(), () => `${describeLaw(law)} In force at ${moment}; every ingest function knows by then.`);
      return;
    }
    say(`In force at ${moment}. Every ingest function knows by then.`);
    await untilInForce(lawId, timing.now, inForceAt);
    print(options, json(), () => describeLaw(law));
  });
}

/** Waits by the clock that the moment was chosen by, not by that of this machine. */
async function untilInForce(lawId: string, now: () => Promise<Date>, moment: Date): Promise<void> {
  const { signal, release } = interruptible();
  const line = statusLine();
  const aheadMs = moment.getTime() - (await now()).getTime();
  try {
    const due = performance.now() + aheadMs;
    await waitUntil(
      "the change is in force",
      async () => {
        const leftMs = due - performance.now();
        line.show(`in force in ${Math.max(0, Math.ceil(leftMs / 1_000))} s`);
        return leftMs <= 0;
      },
      { withinMs: aheadMs + 5_000, everyMs: 100, signal },
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(
      `Interrupted; the change of ${lawId} is written and will be in force at ${moment.toISOString()}.`,
      130,
    );
  } finally {
    line.end();
    release();
  }
}
