import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { Command } from "commander";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { type BoxHeader, boxLines } from "../../shared/messages/box.ts";
import { exportBox, readBox } from "../../shared/messages/operators/sealed-laws.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type Progress, progress } from "../../terminal/progress.ts";
import { refuseOutput } from "../../trustees/open-box.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { counted } from "../slip-options.ts";

interface ExportOptions extends CommonOptions {
  readonly out: string;
}

/** The end of the name of a file that is being written. */
const UNFINISHED = ".unfinished";
const WRITE_CHARACTERS = 1_000_000;
const INTERRUPTED = "Interrupted: no file was written. Run the same command again.";

/**
 * Adds `npm run ops -- export-box`.
 *
 * @param program the ops command
 */
export function exportBoxCommand(program: Command): void {
  withCommonOptions(
    program
      .command("export-box <law>")
      .description("writes the closed box of a sealed law to a file, for the machines of its trustees")
      .requiredOption("--out <file>", "where the box goes; there is no such file yet")
      .addHelpText(
        "after",
        "\nThe file has the envelopes without their voters, in an order that tells nothing. It may be exported as often as you " +
          "like: it is the same file every time.",
      ),
  ).action(exportCommand);
}

async function exportCommand(lawId: string, options: ExportOptions): Promise<void> {
  const { out } = options;
  refuseOutput(out);
  const { api } = await findOperators(options);
  const begun = await perform(api, exportBox, { law_id: lawId }, { ...options, interrupted: () => INTERRUPTED });
  if (begun === undefined) return;
  const { header, sha256 } = begun;
  const written = await writeBox(api, header, out, sha256);
  if (written !== undefined && written !== sha256) {
    throw new UserError(
      `What was written has the SHA-256 ${written}, and the box ${sha256}: the database was changed in between. No file was ` +
        "written. Run the same command again, and if it says this again, find out who changes the database.",
    );
  }
  print(options, { file: out, sha256, ...header }, () =>
    [
      `${counted(header.envelopes, "envelope")} of ${lawId} written to ${out}`,
      `SHA-256 of the box: ${sha256}`,
      "Its trustees open it by npm run keys -- open, on two machines without a network; the list of each is brought back by " +
        `npm run ops -- bring-opening ${lawId} --file FILE`,
    ].join("\n"),
  );
}

/** Writes the box under another name; it gets its name if its hash is the right one. @returns its hash */
async function writeBox(api: Api, header: BoxHeader, out: string, sha256: string): Promise<string> {
  const { signal, release } = interruptible();
  const bar = progress("envelopes", header.envelopes);
  const unfinished = `${out}.${process.pid}${UNFINISHED}`;
  const hash = createHash("sha256");
  try {
    const file = await open(unfinished, "wx", 0o600);
    try {
      let text = "";
      for await (const line of boxLines(header, envelopesOf(api, header, signal, bar))) {
        text += line;
        if (text.length < WRITE_CHARACTERS) continue;
        hash.update(text);
        await file.write(text);
        text = "";
      }
      hash.update(text);
      await file.write(text);
      await file.sync();
    } finally {
      await file.close();
    }
    const written = hash.digest("hex");
    if (written === sha256) {
      refuseOutput(out);
      await rename(unfinished, out);
    }
    return written;
  } catch (error) {
    if (signal.aborted)
      throw new UserError(INTERRUPTED, signal.reason instanceof UserError ? signal.reason.exitCode : 130);
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`The box has changed while it was read: ${error.message}. Run the same command again.`);
  } finally {
    await rm(unfinished, { force: true });
    bar.stop();
    release();
  }
}

type Api = Pick<OperatorsApi, "perform">;

async function* envelopesOf(
  api: Api,
  { law_id, envelopes: total }: BoxHeader,
  signal: AbortSignal,
  bar: Progress,
): AsyncGenerator<string> {
  let after: string | undefined;
  for (let read = 0; read < total; ) {
    const outcome = await api.perform(readBox, { law_id, after }, { signal, isPatient: true });
    if (outcome.kind === "proposed") throw new Error("reading a box was proposed, and changes nothing");
    const { envelopes, last } = outcome.result;
    if (last === null) return;
    const piece = envelopes.split(";");
    yield* piece;
    read += piece.length;
    bar.update(read);
    after = last;
  }
}
