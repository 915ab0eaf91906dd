import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import { addLaw, listLaws } from "../../shared/messages/operators/laws.ts";
import { countRolls, sealRoll } from "../../shared/messages/operators/rolls.ts";
import type { StepLog } from "../../terminal/steps.ts";
import type { OperatorsApi } from "../operators/client.ts";
import { sendRoll } from "../operators/send-roll.ts";
import { SAMPLE_VOTERS, writeSampleCredentials } from "../sample-credentials.ts";
import type { LocalDescription } from "../stack-description.ts";
import { addressOf } from "../stack-description.ts";
import { Target } from "../target.ts";

/** The law that a local stack starts with. */
export const SAMPLE_LAW = "L2025-001";

const SAMPLE_TITLES = {
  title_fr: "Faut-il adopter la loi d'essai\u00a0?",
  title_en: "Should the sample law be adopted?",
};

/**
 * Adds a law that is open once its roll of a thousand voters is loaded and sealed, through the operators' API, as
 * `npm run laws` and `npm run voters` do. Existing data is kept, and unfinished work of an interrupted start is
 * completed.
 *
 * @param stack a running stack
 * @param api its operators' API
 * @param progress reports the load
 */
export async function addSample(stack: LocalDescription, api: OperatorsApi, progress: StepLog): Promise<void> {
  const { laws } = await api.look(listLaws, {});
  const known = laws.find(({ law_id }) => law_id === SAMPLE_LAW);
  if (known === undefined) await api.perform(addLaw, { law_id: SAMPLE_LAW, title: "Sample law", ...SAMPLE_TITLES });
  const isNew = !existsSync(stack.credentials_file);
  if (isNew) await writeSampleCredentials(stack.credentials_file, SAMPLE_VOTERS);
  else if (known !== undefined && known.voters > 0) {
    const { laws: rolls } = await api.look(countRolls, { laws: [SAMPLE_LAW] });
    const [roll] = rolls;
    if (roll?.complete === true) return;
    const has = (kind: string) => roll?.unfinished.some((work) => work.kind === kind) ?? false;
    // The same load completes a load that was cut off, and the same seal a seal. Anything else is for a person to
    // judge.
    if (roll !== undefined && !has("load")) {
      if (roll.digest === null || has("seal")) return seal(api, roll.postgresql);
      progress.say(
        `Redis has no complete roll of ${SAMPLE_LAW}: npm run ops -- rebuild-roll ${SAMPLE_LAW} makes it again.`,
      );
      return;
    }
  }
  await progress.step(`loading a sample roll of ${SAMPLE_VOTERS} voters`, async () => {
    const { laws: loads } = await sendRoll(api, { laws: [SAMPLE_LAW], source: stack.credentials_file });
    await seal(api, loads[0]?.voters ?? 0);
  });
}

/** Makes the sample law ready, so that its votes are decided. */
async function seal(api: OperatorsApi, voters: number): Promise<void> {
  await api.perform(sealRoll, { law_id: SAMPLE_LAW, expect: voters });
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
    // On a stage that asks for two people, the second one has not sealed the roll yet.
    if (law === undefined || law.reached === "draft") return undefined;
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
