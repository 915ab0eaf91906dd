import { joined } from "../../encoding.ts";
import { isSigned, verifyingKey } from "../bytes/ed25519.ts";
import { fromBase64url, utf8 } from "../bytes/text.ts";
import type { CheckId } from "../checks.ts";
import type { Description, TrusteeKeys } from "../files/description.ts";
import { BadLines } from "../files/lines.ts";
import { BadOpening, type ReadOpening, readOpening } from "../files/opening.ts";
import { readList } from "../source.ts";
import type { Context } from "./context.ts";

const FILE = "opened.ndjson";
const OF_OPENING: readonly CheckId[] = ["3.08", "3.09", "3.10", "3.13"];
const PURPOSE = utf8("referendum opening v1\n");

/**
 * Reads the opened list, and checks who has signed it (3.08) and whether its lines give its sums (3.09).
 *
 * @param context bundle and report
 * @param description of the law, which is sealed
 * @param tracker one that is looked for (3.13)
 * @returns undefined when there is none, or none that can be read
 */
export async function checkOpening(
  context: Context,
  description: Description,
  tracker: string | undefined,
): Promise<ReadOpening | undefined> {
  const { source, report, isCertified } = context;
  const { trustees } = description;
  if (trustees === undefined) return undefined;
  const chunks = await readList(source, FILE);
  if (chunks === undefined) {
    if (isCertified) report.fail("1.01", { code: "file_missing", file: FILE });
    report.skip(isCertified ? "missing" : "not_yet", ...OF_OPENING, "3.07");
    return undefined;
  }
  let opening: ReadOpening;
  try {
    const wanted = new Set(tracker === undefined ? [] : [tracker]);
    opening = await readOpening(chunks, wanted, (lines) => {
      context.signal?.throwIfAborted();
      context.onProgress("opened", lines, undefined);
    });
  } catch (error) {
    if (!(error instanceof BadOpening || error instanceof BadLines)) throw error;
    report.fail("3.09", { code: "malformed_line", file: FILE, line: error.line });
    return undefined;
  }
  await checkSigned(context, description, trustees, opening);
  if (!opening.sumsAreRight) report.fail("3.09", { code: "opened_sums" });
  if (opening.unsorted !== undefined) report.fail("3.09", { code: "opened_order", line: opening.unsorted });
  report.ran("3.08", "3.09");
  checkTracker(context, description, opening, tracker);
  return opening;
}

async function checkSigned(
  { report }: Context,
  { lawId, origin }: Description,
  { electionKey, signingKey, keyId }: TrusteeKeys,
  { header, signedDigest, signature }: ReadOpening,
): Promise<void> {
  const ours = { law_id: lawId, origin, election_key: electionKey, signing_key: signingKey, key_id: keyId };
  for (const [field, value] of Object.entries(ours)) {
    if (header.fields[field] !== value) report.fail("3.08", { code: "opened_field", field });
  }
  const bytes = fromBase64url(signingKey, 32);
  const key = bytes && (await verifyingKey(bytes));
  const isRight =
    key !== undefined && signature !== undefined && (await isSigned(key, joined(PURPOSE, signedDigest), signature));
  if (!isRight) report.fail("3.08", { code: "wrong_signature", file: FILE });
}

function checkTracker(
  { report }: Context,
  { hasTrackers }: Description,
  { trackers }: ReadOpening,
  tracker: string | undefined,
): void {
  if (!hasTrackers || tracker === undefined) {
    report.skip(hasTrackers ? "not_asked" : "not_this_law", "3.13");
    return;
  }
  const option = trackers.get(tracker);
  if (option === undefined) report.fail("3.13", { code: "tracker_missing", tracker });
  else report.say("3.13", { code: "tracker_found", option });
  report.ran("3.13");
}
