import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { type CountedLaw, lawToCertify, lawToPublish } from "../../places/operators/proposal-facts.ts";
import { certifyLaw, publishLaw } from "../../shared/messages/operators/conclusion.ts";
import { showLaw } from "../../shared/messages/operators/show-law.ts";
import { confirm } from "../../terminal/confirm.ts";
import { print } from "../../terminal/print.ts";
import { refuseOutput } from "../../trustees/open-box.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { describeCount } from "../count-law.ts";
import { perform } from "../perform.ts";
import { counted, type SlipOptions, withYes } from "../slip-options.ts";
import { copyBundle } from "./copy-bundle.ts";

interface PublishOptions extends CommonOptions, SlipOptions {
  readonly to?: string;
}

/**
 * Adds `npm run ops -- certify` and `publish`.
 *
 * @param program the ops command
 */
export function concludeCommands(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("certify <law>")
        .description("certifies a counted law: every figure, signed by the key of its public log")
        .addHelpText(
          "after",
          "\nEverything must be in the log, the ledger must be clean, and log and recorded submissions must say the same. The " +
            "certificate is made once; an interrupted command is run again, and goes on.",
        ),
    ),
  ).action(certify);
  withYes(
    withCommonOptions(
      program
        .command("publish <law>")
        .description("publishes all files with which others can check a certified law, beside its public log")
        .option("--to <folder>", "copies what is published to a folder too; there is no such folder yet")
        .addHelpText(
          "after",
          "\nnpm run verify checks the folder, and the address of the law. An interrupted command is run again, and goes on. Of " +
            "a published law, --to copies what is published, and nothing else.",
        ),
    ),
  ).action(publish);
}

async function certify(lawId: string, options: CommonOptions & SlipOptions): Promise<void> {
  const { api } = await findOperators(options);
  if (!options.yes) {
    // Of a certified law, the command shows the certificate; what would be refused is refused before anybody is asked.
    const law = await lawToCertify(api, lawId);
    if (law !== undefined) await confirm(options, { what: describeCertifying(law), word: lawId });
  }
  const interrupted = () => `Interrupted: ${lawId} may be certified already. Run the same command again.`;
  const result = await perform(api, certifyLaw, { law_id: lawId }, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => describeCertified(result));
}

async function publish(lawId: string, options: PublishOptions): Promise<void> {
  const { to } = options;
  if (to !== undefined) refuseOutput(to);
  const { api, apiUrl } = await findOperators(options);
  // Where two people publish, whoever copies needs neither of them.
  if (to !== undefined && (await isPublished(api, lawId))) return copyTo(options, { apiUrl, lawId, to });
  if (!options.yes) {
    const law = await lawToPublish(api, lawId);
    if (law !== undefined) await confirm(options, { what: describePublishing(law), word: lawId });
  }
  const interrupted = () => `Interrupted: ${lawId} may be published already. Run the same command again.`;
  const result = await perform(api, publishLaw, { law_id: lawId }, { ...options, interrupted });
  if (result === undefined) {
    if (to !== undefined) {
      process.stderr.write(`Nothing was copied. Once ${lawId} is published, the same command copies it to ${to}.\n`);
    }
    return;
  }
  if (to === undefined) return print(options, result, () => describePublished(result));
  await copyTo(options, { apiUrl, lawId, to }, result);
}

async function isPublished(api: Pick<OperatorsApi, "look">, lawId: string): Promise<boolean> {
  return (await api.look(showLaw, { law_id: lawId })).law.state === "published";
}

interface Copying {
  readonly apiUrl: string;
  readonly lawId: string;
  readonly to: string;
}

/** Copies what is published, and says that, after what has published it. */
async function copyTo(
  options: CommonOptions,
  { apiUrl, lawId, to }: Copying,
  result?: z.output<typeof publishLaw.result>,
): Promise<void> {
  const copied = await copyBundle(apiUrl, lawId, to);
  print(options, { law_id: lawId, ...result, folder: to, ...copied }, () =>
    [
      ...(result === undefined ? [] : [describePublished(result)]),
      `${counted(copied.files, "file")} copied to ${to}. Check them: npm run verify -- ${to}`,
    ].join("\n"),
  );
}

/**
 * What certifying a law would mean, in sentences with its figures.
 *
 * @param law the counted law
 */
export function describeCertifying({ law_id, count }: CountedLaw): string {
  return (
    `The law ${law_id} is to be certified. ${describeCount(count)} ` +
    "A law is certified once: its certificate has these figures, and is signed by the key of its public log."
  );
}

/**
 * What publishing a law would mean, in sentences with its figures.
 *
 * @param law the certified law
 */
export function describePublishing({ law_id, form, count }: CountedLaw): string {
  const ballots = form === "sealed" ? ", and the list of its opened ballots" : "";
  return (
    `The law ${law_id} is to be published. ${describeCount(count)} ` +
    `Everybody can then download the list of its submissions${ballots}. What is published stays for ever.`
  );
}

/**
 * What certifying has done, in sentences.
 *
 * @param result its result
 */
export function describeCertified({ law, sha256 }: z.output<typeof certifyLaw.result>): string {
  return (
    `${law.law_id} is certified; the SHA-256 of its certificate is ${sha256}. ` +
    `npm run ops -- publish ${law.law_id} publishes what others check it by.`
  );
}

/**
 * What publishing has done, in sentences.
 *
 * @param result its result
 */
export function describePublished({ law, submissions, sha256 }: z.output<typeof publishLaw.result>): string {
  return `${law.law_id} is published with ${counted(submissions, "submission")}; the SHA-256 of its certificate is ${sha256}.`;
}
