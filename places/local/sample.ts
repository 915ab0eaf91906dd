import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { addLaw } from "../../operations/laws/add.ts";
import { countRolls } from "../../operations/roll/count.ts";
import { loadRoll } from "../../operations/roll/load-file.ts";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import type { StepLog } from "../../terminal/steps.ts";
import { SAMPLE_VOTERS, writeSampleCredentials } from "../sample-credentials.ts";
import type { LocalDescription } from "../stack-description.ts";
import { addressOf } from "../stack-description.ts";
import { Target } from "../target.ts";

/** The law that a local stack starts with. */
export const SAMPLE_LAW = "L2025-001";

const SAMPLE_TITLES = { fr: "Faut-il adopter la loi d'essai\u00a0?", en: "Should the sample law be adopted?" };

/**
 * Adds a law that is open now and a roll of a thousand voters, with the modules behind `npm run laws` and `npm run
 * voters`. Existing data is kept, and unfinished work of an interrupted start is completed.
 *
 * @param stack a running stack
 */
export async function addSample(stack: LocalDescription, progress: StepLog): Promise<void> {
  const target = new Target(addressOf(stack));
  try {
    if ((await target.laws.get(SAMPLE_LAW)) === undefined) {
      await addLaw(target, { lawId: SAMPLE_LAW, title: "Sample law", titles: SAMPLE_TITLES });
    }
    const fresh = !existsSync(stack.credentials_file);
    if (fresh) await writeSampleCredentials(stack.credentials_file, SAMPLE_VOTERS);
    const { rows } = await target.pool.query("SELECT 1 FROM voter_roll WHERE law_id = $1 LIMIT 1", [SAMPLE_LAW]);
    const [roll] = await countRolls(target, [SAMPLE_LAW]);
    if (!fresh && rows.length > 0 && roll?.complete === true) return;
    // The same load completes a load that was cut off. Anything else is for a person to judge.
    const isCutOff = roll?.unfinished.some((work) => work.kind === "load") ?? false;
    if (!fresh && rows.length > 0 && !isCutOff) {
      progress.say(
        `Redis has no complete roll of ${SAMPLE_LAW}: npm run ops -- rebuild-roll ${SAMPLE_LAW} makes it again.`,
      );
      return;
    }
    await progress.step(`loading a sample roll of ${SAMPLE_VOTERS} voters`, async () => {
      await loadRoll(target, { laws: [SAMPLE_LAW], source: stack.credentials_file });
    });
  } finally {
    await target.close();
  }
}

/** How many voters are looked up at a time. */
const LOOK_UP = 200;

/**
 * A sample voter who has not voted yet, for the line to paste.
 *
 * @param stack a running stack
 * @returns undefined when there is none: no sample, or all have voted
 */
export async function nextSampleVoter(stack: LocalDescription): Promise<{ nas: string; code: string } | undefined> {
  if (!existsSync(stack.credentials_file)) return undefined;
  const lines = (await readFile(stack.credentials_file, "utf8")).trimEnd().split("\n").slice(1);
  const target = new Target(addressOf(stack));
  try {
    const law = await target.laws.get(stack.law_id);
    if (law === undefined) return undefined;
    const pepper = law.pepperId === undefined ? undefined : (await target.keys()).pepper(law.pepperId);
    for (let from = 0; from < lines.length; from += LOOK_UP) {
      const voters = lines.slice(from, from + LOOK_UP).map((line) => {
        const [nas = "", code = ""] = line.split(",");
        return { nas, code, hash: voterHash(nas, code, law.lawId, pepper) };
      });
      const { rows } = await target.pool.query<{ hash: string }>(
        "SELECT encode(voter_hash, 'hex') AS hash FROM participation WHERE law_id = $1 AND voter_hash = ANY($2::bytea[])",
        [law.lawId, voters.map(({ hash }) => hash)],
      );
      const voted = new Set(rows.map(({ hash }) => hash));
      const next = voters.find(({ hash }) => !voted.has(hash.toString("hex")));
      if (next !== undefined) return { nas: next.nas, code: next.code };
    }
    return undefined;
  } finally {
    await target.close();
  }
}
