import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import {
  clearDestroyedRoll,
  type DestructionCertificate,
  destroyLaw,
  holdLaw,
  planDestruction,
  releaseHold,
} from "../../shared/messages/operators/destruction.ts";
import { confirm } from "../../terminal/confirm.ts";
import { print } from "../../terminal/print.ts";
import { refuseOutput } from "../../trustees/open-box.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { type SlipOptions, withYes } from "../slip-options.ts";
import { describeCertificate, describeDestroying } from "./destruction-words.ts";

interface DestroyOptions extends CommonOptions, SlipOptions {
  readonly certificate?: string;
}

interface ReasonOptions extends CommonOptions {
  readonly reason: string;
}

/**
 * Adds `npm run ops -- destroy`, `hold` and `release-hold`.
 *
 * @param program the ops command
 */
export function destructionCommands(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("destroy <law>")
        .description("destroys what is left of the votes of a law when its legal term is over, and certifies it")
        .option("--certificate <file>", "writes the certificate to this file as JSON; there is no such file yet")
        .addHelpText(
          "after",
          "\nThe roll, who has voted, submissions, receipts and ballots are removed; the result, the journal and what was " +
            "published stay. It goes on after an interruption when it is run again. Of a destroyed law it shows the certificate.",
        ),
    ),
  ).action(destroy);
  withCommonOptions(
    program
      .command("hold <law>")
      .description("puts a law on legal hold: it is not destroyed, whatever its term")
      .requiredOption("--reason <text>", "why, for the journal: no NAS, no code"),
  ).action(hold);
  withCommonOptions(
    program
      .command("release-hold <law>")
      .description("ends the legal hold of a law")
      .requiredOption("--reason <text>", "why, for the journal: no NAS, no code"),
  ).action(release);
}

async function destroy(lawId: string, options: DestroyOptions): Promise<void> {
  if (options.certificate !== undefined) refuseOutput(options.certificate);
  const { api } = await findOperators(options);
  const found = await api.look(planDestruction, { law_id: lawId });
  const certificate = found.plan?.certificate ?? (await destroyed(api, lawId, found, options));
  if (certificate === undefined) return;
  if (options.certificate !== undefined) {
    await writeFile(options.certificate, `${JSON.stringify(certificate, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  }
  print(options, { certificate }, () => describeCertificate(certificate));
}

/** @returns undefined when it was proposed, and the user has been told */
async function destroyed(
  api: OperatorsApi,
  lawId: string,
  found: Parameters<typeof describeDestroying>[0],
  options: DestroyOptions,
): Promise<DestructionCertificate | undefined> {
  const interrupted = () => `Interrupted: what was removed stays so. Run the same command again, and it goes on.`;
  const request = { law_id: lawId };
  if (found.plan?.rows_gone !== true) {
    // What would be refused is refused before anybody is asked.
    if (found.plan !== null && found.plan.hold === null) {
      await confirm(options, { what: describeDestroying(found), word: lawId });
    }
    const result = await perform(api, destroyLaw, request, { ...options, interrupted });
    if (result === undefined) return undefined;
  }
  const ended = await perform(api, clearDestroyedRoll, request, { ...options, interrupted });
  return ended?.certificate;
}

const hold = (lawId: string, options: ReasonOptions) =>
  changeHold(holdLaw, lawId, options, "is on legal hold: it is not destroyed before somebody releases it.");

const release = (lawId: string, options: ReasonOptions) =>
  changeHold(releaseHold, lawId, options, "is not on legal hold any more: it can be destroyed when its term is over.");

async function changeHold(
  act: typeof holdLaw | typeof releaseHold,
  lawId: string,
  options: ReasonOptions,
  now: string,
): Promise<void> {
  const { api } = await findOperators(options);
  const interrupted = () => `Interrupted: npm run laws -- show ${lawId} says whether it is on hold.`;
  const result = await perform(api, act, { law_id: lawId, reason: options.reason }, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => `${lawId} ${now}`);
}
