import { z } from "zod";
import {
  type AwsSettings,
  type Layer,
  type Settings,
  STAGE_NAMES,
  type StageName,
  settingsSchema,
} from "./settings.ts";
import { awsCommon, dev, prod } from "./stages-aws.ts";
import { laptop, local, localstack } from "./stages-local.ts";

export { type AwsSettings, type Settings, STAGE_NAMES, type StageName };

/** The values of every stage. A value that one stage has to change does not belong here. */
const common: Layer = {
  logLevel: "INFO",
  api: { corsOrigins: [] },
  queues: {
    // A long weekend passes before a vote that nobody could decide is lost.
    retentionDays: 4,
    deadLetterRetentionDays: 14,
  },
  // Memory follows the CPU that a function needs, because Lambda gives CPU in proportion. Local processes ignore it.
  functions: {
    // Parses, hashes and makes one SQS call: bound by CPU on a cold start, which is what the p95 of voting day's first
    // minute is.
    ingest: { memoryMiB: 1024, timeoutSeconds: 10 },
    // A batch of ten is one Redis round trip and one SQS send.
    validate: { memoryMiB: 1024 },
    // A batch of 500 is one transaction and 20 DynamoDB writes of 25.
    aggregate: { memoryMiB: 1024 },
    // Reading functions wait on the network: a third of a vCPU serves them.
    results: { memoryMiB: 512 },
    receipt: { memoryMiB: 512 },
    laws: { memoryMiB: 512 },
    health: { memoryMiB: 512 },
    // Hashing and signing 65,536 entries and writing 500 objects take a few seconds; a run that is longer than the
    // interval goes on, and the next one finds the law busy.
    log: { memoryMiB: 1024, timeoutSeconds: 120 },
    // A step of an operator aims at 10 s, and is ended after 20; the gateway waits for 29. Hashing a chunk is CPU.
    operate: { memoryMiB: 1024, timeoutSeconds: 20 },
    roll: { memoryMiB: 1024, timeoutSeconds: 20 },
    // Not CPU but time: an index on a table of 8 million rows is built within Lambda's maximum.
    migrate: { memoryMiB: 512, timeoutSeconds: 900 },
    // A table look-up.
    fallback: { memoryMiB: 128, timeoutSeconds: 3 },
  },
  // A proposal of Friday is approved on Monday.
  proposalHours: 72,
  // A vote is decided at once: a mapping without a window takes at most ten messages (Lambda Developer Guide, "Using
  // Lambda with Amazon SQS"). Smaller batches cost $4 more for each 8 million votes on three laws, $12 on one
  // (capacity). Only the transaction gains from waiting: 500 by measurement on two cores.
  validate: { batchSize: 10, batchWindowSeconds: 0 },
  aggregate: { batchSize: 500, batchWindowSeconds: 1 },
  // The office that installs the project writes its own name, and how it is reached.
  office: {
    name: { fr: "Bureau électoral", en: "Election Office" },
    contact: { fr: [], en: [] },
    // Canada's paper, and the zone of most of its voters.
    paper: "letter",
    timeZone: "America/Toronto",
  },
};

/**
 * The settings of a stage come from its layers. Each value is in exactly one layer, so that no value for a laptop
 * affects a vote in an AWS account.
 */
export const LAYERS: Readonly<Record<StageName, readonly Layer[]>> = {
  local: [common, laptop, local],
  localstack: [common, laptop, localstack],
  dev: [common, awsCommon, dev],
  prod: [common, awsCommon, prod],
};

/**
 * The settings of a stage.
 *
 * @param stage which one
 * @param overrides what to change, merged deep into the stage's own settings; arrays replace
 * @throws Error naming each setting that is unknown, out of range, or at odds with another
 */
export function settingsOf(stage: string, overrides: unknown = {}): Settings {
  const name = z.enum(STAGE_NAMES).safeParse(stage);
  if (!name.success) throw new Error(`no stage ${JSON.stringify(stage)}: use one of ${STAGE_NAMES.join(", ")}`);
  const merged = settingsSchema.safeParse([...LAYERS[name.data], overrides].reduce(mergeDeep, { stage: name.data }));
  if (!merged.success) {
    throw new Error(`the settings of stage ${stage} are not valid:\n${z.prettifyError(merged.error)}`);
  }
  return merged.data;
}

function mergeDeep(base: unknown, changes: unknown): unknown {
  if (!isRecord(base) || !isRecord(changes)) return changes === undefined ? base : changes;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) merged[key] = mergeDeep(base[key], value);
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
