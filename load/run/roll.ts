import { createWriteStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { checkKeyOf } from "../../operations/roll/file/code-rule.ts";
import { operatorsOf } from "../../places/find-operators.ts";
import { sendRoll } from "../../places/operators/send-roll.ts";
import { writeSampleCredentials } from "../../places/sample-credentials.ts";
import type { Target } from "../../places/target.ts";
import type { Law, LawForm } from "../../shared/domain/law.ts";
import { addLaw } from "../../shared/messages/operators/laws.ts";
import { countRolls, sealRoll } from "../../shared/messages/operators/rolls.ts";
import { UserError } from "../../terminal/errors.ts";
import { registerTrustees, sealBallots } from "./trustees.ts";

/** The law that loads vote on, unless another one is named. */
export const LOAD_LAW = "LOAD";

/** Where `prepare` leaves the credentials, and load/processor.mjs looks for them. */
export const VOTERS_FILE = ".local/load/voters.csv";

/** Whose device seals the ballots of a sealed law. */
export const SEALERS = ["client", "ingest"] as const;
type Sealer = (typeof SEALERS)[number];

/** What the law is that a load votes on. */
export interface LoadForm {
  /** Absent: the law has no form. */
  readonly form?: LawForm | undefined;
  /** Of a sealed law; default: `client`, whose envelopes are made with the roll. */
  readonly sealedBy?: Sealer | undefined;
}

/** Where the envelopes of a roll's voters are, one in a line as the credentials. @param votersFile the credentials */
export function envelopesFileOf(votersFile: string): string {
  return `${votersFile}.envelopes`;
}

export interface RollOptions extends LoadForm {
  readonly lawId: string;
  readonly voters: number;
  readonly file: string;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, voters: number) => void;
}

/**
 * Makes a roll, loads it and seals it: adds the law if it is missing, makes credentials, and loads them
 * through the operators' API.
 *
 * @param target a running stack
 * @param options how many voters, for which law, and where their credentials go
 * @throws UserError when the law's roll is sealed
 * @returns how long loading took, and how many bytes of credentials a voter has
 */
export async function makeRoll(
  target: Target,
  options: RollOptions,
): Promise<{ readonly seconds: number; readonly fileBytes: number }> {
  const { lawId, voters, file, signal, onProgress, form, sealedBy = "client" } = options;
  const api = operatorsOf(target.address);
  await refuseSealedRoll(target, lawId);
  if ((await target.laws.get(lawId)) === undefined) {
    await api.perform(addLaw, { law_id: lawId, title: "Load test", ...(form === undefined ? {} : { form }) });
  }
  if (form === "sealed") await registerTrustees(api, await lawOf(target, lawId));
  if (!existsSync(file)) {
    const law = await lawOf(target, lawId);
    const checkKey = checkKeyOf(law, await target.keys());
    const onMade = (made: number) => onProgress("voters made", made);
    await writeSampleCredentials(file, voters, { signal, checkKey, onProgress: onMade });
  }
  if (form === "sealed" && sealedBy === "client") {
    const onSealed = (sealed: number) => onProgress("ballots sealed", sealed);
    const ballots = sealBallots(await lawOf(target, lawId), voters, signal, onSealed);
    await pipeline(Readable.from(ballots), createWriteStream(envelopesFileOf(file), { mode: 0o600 }));
  }
  const startedMs = performance.now();
  await sendRoll(api, {
    laws: [lawId],
    source: file,
    signal,
    onProgress: (loaded) => onProgress("voters loaded", loaded),
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  const { laws } = await api.look(countRolls, { laws: [lawId] });
  await api.perform(sealRoll, { law_id: lawId, expect: laws[0]?.postgresql ?? voters });
  return { seconds, fileBytes: (await stat(file)).size };
}

async function lawOf(target: Target, lawId: string): Promise<Law> {
  const [law] = await existingLaws(target, [lawId]);
  if (law === undefined) throw new Error(`${lawId} was not added`);
  return law;
}

/**
 * Refuses a law whose roll takes no more voters.
 *
 * @param target a running stack
 * @param lawId the law; there need not be one yet
 * @throws UserError that asks for another law
 */
export async function refuseSealedRoll({ laws }: Target, lawId: string): Promise<void> {
  const sealed = (await laws.get(lawId))?.sealedVoters;
  if (sealed === undefined) return;
  throw new UserError(
    `The roll of ${lawId} is sealed with ${sealed} voters and takes no more: name another law by --law.`,
  );
}
