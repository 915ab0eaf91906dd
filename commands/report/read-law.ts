import type { z } from "zod";
import {
  type BundleSource,
  bundleAt,
  en,
  inWords,
  type Verification,
  type VerifyOptions,
  verify,
} from "../../client/verify/index.ts";
import { wholeText } from "../../client/verify/source.ts";
import type { LawReport } from "../../papers/report/law-report.ts";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import { LawResult, PublicLaw, Turnout } from "../../shared/messages/responses.ts";
import { UserError } from "../../terminal/errors.ts";
import { bundleIn } from "../verify/folder.ts";
import {
  certifiedReport,
  type PublicAnswers,
  provisionalReport,
  type Surroundings,
  uncertifiedReport,
} from "./collect.ts";

/** What a report is made from: a folder, or an address; that of a law can be asked for more than the bundle. */
export type Origin =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "address"; readonly url: string }
  | { readonly kind: "law"; readonly api: string; readonly lawId: string };

const OF_LAW = /^(.*)\/api\/v1\/(?:laws|log)\/([^/?#]+)\/?$/;
/** Much more than an answer has. */
const MOST_BYTES = 1 << 20;

/**
 * Reads what somebody has typed in the place of a law.
 *
 * @param text an address, or a folder
 * @returns undefined when it is the id of a law
 */
export function readOrigin(text: string): Origin | undefined {
  if (/^https?:\/\//.test(text)) {
    const [, api, lawId] = OF_LAW.exec(text) ?? [];
    // Ids of laws need no percent signs.
    if (api === undefined || lawId === undefined || lawId.includes("%")) return { kind: "address", url: text };
    return { kind: "law", api, lawId };
  }
  return text === "." || text === ".." || /[/\\]/.test(text) ? { kind: "folder", path: text } : undefined;
}

/**
 * Reads everything that is published of a law, has the verifier check it, and collects the report.
 *
 * @param origin where
 * @param surroundings office, address, time
 * @param options of the verifier
 * @throws UserError when something is wrong or missing, or the law is not counted yet
 */
export async function readLaw(origin: Origin, surroundings: Surroundings, options: VerifyOptions): Promise<LawReport> {
  const { signal } = options;
  const answers = origin.kind === "law" ? await askApi(origin, signal) : undefined;
  if (answers !== undefined && answers.law.log === undefined) {
    mustBeCounted(answers);
    return uncertifiedReport(answers, surroundings);
  }
  const where = nameOf(origin);
  const verification = await verify(sourceOf(origin, signal), where, options);
  mustHold(verification, where);
  mustBeNamed(verification, where);
  if (verification.verdict === "holds") return certifiedReport(verification, answers?.turnout, surroundings);
  if (answers === undefined) {
    throw new UserError(
      `${where} has no certificate, and a provisional report needs the result that the stage publishes. Name the law by ` +
        "its id, or by its address: https://HOST/api/v1/laws/LAW.",
    );
  }
  mustBeCounted(answers);
  return provisionalReport(verification, answers, surroundings);
}

/** Names what a report is made from. */
export function nameOf(origin: Origin): string {
  if (origin.kind === "folder") return origin.path;
  return origin.kind === "address" ? origin.url : lawAddress(origin);
}

/** The address of a law, as anybody types it. */
export function lawAddress({ api, lawId }: Origin & { readonly kind: "law" }): string {
  return `${api.replace(/\/+$/, "")}/api/v1/laws/${encodeURIComponent(lawId)}`;
}

function sourceOf(origin: Origin, signal: AbortSignal | undefined): BundleSource {
  return origin.kind === "folder" ? bundleIn(origin.path) : bundleAt(nameOf(origin), { signal });
}

/** Refuses a law whose bundle is not as it must be. */
function mustHold({ verdict, checks }: Verification, where: string): void {
  if (verdict === "holds" || verdict === "running") return;
  const failed = checks.filter(({ outcome }) => outcome === "fails");
  const findings = failed.flatMap(({ id, findings: some, more }) => [
    `  ${id} ${en.checks[id].title}`,
    ...some.map((finding) => `       ✗ ${inWords(en, finding)}`),
    ...(more > 0 ? [`       ✗ ${en.more(more)}`] : []),
  ]);
  const what = verdict === "fails" ? "the verifier has found something wrong" : "files are missing";
  const next = verdict === "fails" ? [] : ["A certified law has all of them once it is published."];
  throw new UserError([`No report is written: in ${where}, ${what}.`, ...findings, ...next].join("\n"));
}

/** Names become names of files and parts of a command that people type, and whoever made the bundle chose them. */
function mustBeNamed({ lawId = "", origin }: Verification, where: string): void {
  if (LAW_ID_PATTERN.test(lawId) && /^[\w./:-]+$/.test(origin)) return;
  throw new UserError(`No report is written: the law or the log in ${where} has a name that no stage gives.`);
}

function mustBeCounted({ law: { law_id: lawId }, result }: PublicAnswers): void {
  if (result?.state === "published") return;
  throw new UserError(
    `The law ${lawId} is not counted yet, so there is nothing to report. npm run laws -- show ${lawId} says what is next.`,
  );
}

/** Asks the API for a law, its result and its turnout. */
async function askApi(
  { api, lawId }: Origin & { readonly kind: "law" },
  signal: AbortSignal | undefined,
): Promise<PublicAnswers> {
  const ask = async <S extends z.ZodType>(what: string, schema: S): Promise<z.output<S> | undefined> => {
    const source = bundleAt(`${api.replace(/\/+$/, "")}/api/v1/${what}`, { signal });
    const text = await wholeText(source, encodeURIComponent(lawId), MOST_BYTES);
    if (text === undefined) return undefined;
    const read = schema.safeParse(jsonOf(text));
    if (read.success) return read.data;
    throw new UserError(`${api} does not answer as the API of a referendum (${what}/${lawId}).`);
  };
  // Members that a later release adds are no mistake.
  const law = await ask("laws", PublicLaw.loose());
  if (law === undefined) throw new UserError(`There is no law ${lawId} at ${api} that voters can see.`);
  const [result, turnout] = await Promise.all([ask("results", LawResult.loose()), ask("turnout", Turnout.loose())]);
  return { law, result, turnout };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
