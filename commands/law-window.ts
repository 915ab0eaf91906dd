import type { Command } from "commander";
import type { z } from "zod";
import { readInstant } from "../operations/laws/add.ts";
import { findOperators } from "../places/find-operators.ts";
import type { OperatorsApi, Outcome } from "../places/operators/client.ts";
import { lawToClose } from "../places/operators/proposal-facts.ts";
import type { OperatorsLaw } from "../shared/messages/operators/laws.ts";
import * as acts from "../shared/messages/operators/laws.ts";
import { waitUntil } from "../shared/runtime/wait.ts";
import { confirm } from "../terminal/confirm.ts";
import { UserError } from "../terminal/errors.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { print } from "../terminal/print.ts";
import { statusLine } from "../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeLaw, lawInstant } from "./law-words.ts";
import { tellProposed } from "./proposed.ts";
import { counted, type SlipOptions, withYes } from "./slip-options.ts";

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
    const until = options.until === undefined ? undefined : readInstant("--until", options.until).toISOString();
    return change(options, (api, at) => api.perform(acts.openLaw, { law_id: id, at, until, reopen: options.reopen }));
  });
  withYes(
    withCommonOptions(
      program
        .command("close <id>")
        .description("closes a law as soon as every ingest function knows; votes accepted before then count")
        .option("--at <instant>", "when it closes instead, earlier or later than planned, with its zone")
        .option(...wait)
        .addHelpText("after", EXIT_CODES),
    ),
  ).action((id: string, options: WindowOptions & SlipOptions) =>
    change(options, async (api, at) => {
      if (at === undefined) await confirmClose(api, id, options);
      return api.perform(acts.closeLaw, { law_id: id, at });
    }),
  );
}

/**
 * Says what a close in the middle of a vote does to the voters.
 *
 * @param law the law, with the size of its roll
 */
export function describeClosing(law: OperatorsLaw & { readonly voters: number }): string {
  return (
    `${describeLaw(law)} Its roll has ${counted(law.voters, "voter")}. Closed now, it refuses every vote from the moment on that ` +
    "every ingest knows."
  );
}

async function confirmClose(api: OperatorsApi, lawId: string, options: SlipOptions): Promise<void> {
  const law = await lawToClose(api, lawId);
  if (law === undefined) return;
  const afterwards = `npm run laws -- open ${lawId} --reopen opens it again, but its result may be known by then.`;
  await confirm(options, { what: describeClosing(law), word: lawId, afterwards });
}

type Changed = z.output<typeof acts.closeLaw.result>;

async function change(
  options: WindowOptions,
  perform: (api: OperatorsApi, at: string | undefined) => Promise<Outcome<Changed>>,
): Promise<void> {
  const at = options.at === undefined ? undefined : readInstant("--at", options.at).toISOString();
  const { api } = await findOperators(options);
  const outcome = await perform(api, at);
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  const { law, in_force_at, now } = outcome.result;
  const json = { ...law, in_force_at };
  if (in_force_at === null) return print(options, json, () => `Nothing changed. ${describeLaw(law)}`);
  const moment = lawInstant(law, in_force_at);
  // A moment that was named may be days ahead: nobody waits for it.
  if (!options.wait || at !== undefined) {
    return print(
      options,
      json,
      () => `${describeLaw(law)} In force at ${moment}; every ingest function knows by then.`,
    );
  }
  await untilInForce(law, now, in_force_at);
  const { laws } = await api.look(acts.listLaws, {});
  const changed = laws.find(({ law_id }) => law_id === law.law_id) ?? law;
  print(options, { ...changed, in_force_at }, () => describeLaw(changed));
}

/**
 * Says when a change is in force, and waits for that: by the clock that the moment was chosen by, not by that of this
 * machine.
 *
 * @param law the law
 * @param now that clock, ISO 8601
 * @param inForceAt when the change is in force, ISO 8601
 * @throws UserError when somebody interrupts it; the change is written
 */
export async function untilInForce(law: OperatorsLaw, now: string, inForceAt: string): Promise<void> {
  const moment = lawInstant(law, inForceAt);
  process.stderr.write(`In force at ${moment}. Every ingest function knows by then.\n`);
  const { signal, release } = interruptible();
  const line = statusLine();
  const aheadMs = Date.parse(inForceAt) - Date.parse(now);
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
    throw new UserError(`Interrupted; the change of ${law.law_id} is written and will be in force at ${moment}.`, 130);
  } finally {
    line.end();
    release();
  }
}
