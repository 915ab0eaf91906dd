import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import {
  bringOpening,
  PIECE_CHARACTERS,
  sendOpening,
  withdrawOpening,
} from "../../shared/messages/operators/sealed-laws.ts";
import { showLaw } from "../../shared/messages/operators/show-law.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { counted } from "../slip-options.ts";

interface BringOptions extends CommonOptions {
  readonly file: string;
}

/**
 * Adds `npm run ops -- bring-opening` and `withdraw-opening`.
 *
 * @param program the ops command
 */
export function openingCommands(program: Command): void {
  withCommonOptions(
    program
      .command("bring-opening <law>")
      .description("brings the list back that trustees have made of the box of a sealed law; two equal ones are needed")
      .requiredOption("--file <file>", "the opened list that npm run keys -- open has written")
      .addHelpText(
        "after",
        "\nThe second one comes from another machine of the trustees, and where a stage needs two people, by another person. " +
          "An interrupted command is run again, and goes on.",
      ),
  ).action(bring);
  withCommonOptions(
    program
      .command("withdraw-opening <law>")
      .description("takes the first opening of a box back, because a second one shows that it is wrong")
      .requiredOption("--reason <text>", "why, for the journal"),
  ).action(withdraw);
}

type Api = Pick<OperatorsApi, "perform">;

async function bring(lawId: string, options: BringOptions): Promise<void> {
  const { pieces, sha256 } = await lookAt(options.file);
  const { api } = await findOperators(options);
  await send(api, lawId, options.file, { pieces, sha256 });
  const request = { law_id: lawId, sha256, pieces };
  const interrupted = () =>
    `Interrupted: npm run laws -- show ${lawId} says whether it was taken. If not, run this again.`;
  const result = await perform(api, bringOpening, request, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => describeBrought(result));
}

/** The hash of a file, and into how many pieces it is cut. */
interface Cut {
  readonly pieces: number;
  readonly sha256: string;
}

async function lookAt(path: string): Promise<Cut> {
  const hash = createHash("sha256");
  let pieces = 0;
  for await (const piece of piecesOf(path)) {
    hash.update(piece);
    pieces++;
  }
  if (pieces === 0) throw new UserError(`${path} is empty. Name the list that npm run keys -- open has written.`);
  return { pieces, sha256: hash.digest("hex") };
}

/** A file in pieces of whole lines. */
async function* piecesOf(path: string): AsyncGenerator<string> {
  let text = "";
  try {
    for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 2 ** 18 })) {
      text += String(chunk);
      while (text.length > PIECE_CHARACTERS) {
        const end = text.lastIndexOf("\n", PIECE_CHARACTERS - 1) + 1;
        if (end === 0) throw new UserError(`${path} is no opened list: a line of it is too long.`);
        yield text.slice(0, end);
        text = text.slice(end);
      }
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && typeof error.code === "string")) throw error;
    throw new UserError(`${path} cannot be read (${error.code}). Name the list that npm run keys -- open has written.`);
  }
  if (text !== "") yield text;
}

/** Sends the pieces that the stage does not have. */
async function send(api: Api, lawId: string, path: string, { pieces, sha256 }: Cut): Promise<void> {
  const { signal, release } = interruptible();
  const bar = progress("pieces sent", pieces);
  try {
    let number = 0;
    let next = 0;
    for await (const text of piecesOf(path)) {
      if (number === next) {
        const request = { law_id: lawId, sha256, number, text };
        const outcome = await api.perform(sendOpening, request, { signal, isPatient: number > 0 });
        if (outcome.kind === "proposed") throw new Error("a piece of a list was proposed, and needs no second person");
        next = outcome.result.next_piece;
        bar.update(Math.min(next, pieces));
      }
      number++;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const exitCode = signal.reason instanceof UserError ? signal.reason.exitCode : 130;
    throw new UserError(
      "Interrupted: no opening was taken. Run the same command again: it sends what is missing.",
      exitCode,
    );
  } finally {
    bar.stop();
    release();
  }
}

/**
 * What an opening that was brought says, in sentences; not how many ballots each option has.
 *
 * @param result of the act
 */
export function describeBrought(result: z.output<typeof bringOpening.result>): string {
  const { law_id, number, envelopes, spoiled, sha256 } = result;
  const reasons = spoiled.map(
    ({ reason, ballots }) => `${ballots.toLocaleString("en")} ${reason.replaceAll("_", " ")}`,
  );
  const which = number === 1 ? "the first opening" : "the second opening, equal to the first one";
  return [
    `This is ${which} of the box of ${law_id}: ${counted(envelopes, "envelope")}, ` +
      `${reasons.length === 0 ? "none spoiled" : `spoiled: ${reasons.join(", ")}`}; SHA-256 ${sha256}.`,
    number === 1
      ? `Another one that is equal is missing: npm run ops -- bring-opening ${law_id} --file FILE`
      : `Count the law with them: npm run laws -- count ${law_id}`,
  ].join("\n");
}

async function withdraw(lawId: string, options: CommonOptions & { readonly reason: string }): Promise<void> {
  const { api } = await findOperators(options);
  const { box } = await api.look(showLaw, { law_id: lawId });
  const [first] = box?.openings ?? [];
  if (first === undefined)
    throw new UserError(`${lawId} has no opening. npm run laws -- show ${lawId} says where it stands.`);
  const request = { law_id: lawId, sha256: first.sha256, reason: options.reason };
  const interrupted = () => `Interrupted: run this again; the opening of ${lawId} may have been taken back.`;
  const result = await perform(api, withdrawOpening, request, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => describeWithdrawn(result));
}

/**
 * What was taken back, in a sentence.
 *
 * @param result of the act
 */
export function describeWithdrawn({ law_id, sha256 }: z.output<typeof withdrawOpening.result>): string {
  return `The opening of ${law_id} with the SHA-256 ${sha256} was taken back: two others that are equal are needed.`;
}
