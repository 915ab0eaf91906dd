import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import {
  type EndedWindow,
  LAW_FORMS,
  type Law,
  PROOFS,
  type PromiseKey,
  REACHABLE,
  RESULTS_WHEN,
  type TrusteeKeys,
} from "../domain/law.ts";
import { CODE_KINDS } from "../domain/voter-code.ts";

/** Reads laws. */
export interface LawStore {
  /**
   * Reads a law as it stands.
   *
   * @param lawId the law
   * @returns the law, or undefined when there is none of that id
   */
  get(lawId: string): Promise<Law | undefined>;
}

const EndedWindowItem = z.object({
  M: z.object({ opens_at: z.object({ S: z.string() }), closes_at: z.object({ S: z.string() }) }),
});

const TrusteesItem = z.object({
  M: z.object({
    election_key: z.object({ S: z.string() }),
    signing_key: z.object({ S: z.string() }),
    split_id: z.object({ S: z.string() }),
    threshold: z.object({ N: z.string() }),
    trustees: z.object({ N: z.string() }),
    tested: z.object({ BOOL: z.boolean() }),
  }),
});

const PromiseKeyItem = z.object({
  M: z.object({
    version: z.object({ N: z.string() }),
    public_key: z.object({ S: z.string() }),
    from: z.object({ S: z.string() }),
  }),
});

const LawItem = z.object({
  law_id: z.object({ S: z.string() }),
  title: z.object({ S: z.string() }),
  title_fr: z.object({ S: z.string() }).optional(),
  title_en: z.object({ S: z.string() }).optional(),
  opens_at: z.object({ S: z.string() }),
  opens_at_with_form: z.object({ S: z.string() }).optional(),
  closes_at: z.object({ S: z.string() }).optional(),
  earlier_windows: z.object({ L: z.array(EndedWindowItem) }).optional(),
  planned_opens_at: z.object({ S: z.string() }).optional(),
  planned_closes_at: z.object({ S: z.string() }).optional(),
  utc_offset: z.object({ S: z.string() }).optional(),
  frozen: z.object({ BOOL: z.boolean() }).optional(),
  pepper_id: z.object({ S: z.string() }).optional(),
  codes: z.object({ S: z.enum(CODE_KINDS) }).optional(),
  key_version: z.object({ N: z.string() }),
  reached: z.object({ S: z.enum(REACHABLE) }).optional(),
  sealed_voters: z.object({ N: z.string() }).optional(),
  expected_voters: z.object({ N: z.string() }).optional(),
  results: z.object({ S: z.enum(RESULTS_WHEN) }).optional(),
  form: z.object({ S: z.enum(LAW_FORMS) }).optional(),
  origin: z.object({ S: z.string() }).optional(),
  promise_keys: z.object({ L: z.array(PromiseKeyItem) }).optional(),
  log_key: z.object({ S: z.string() }).optional(),
  trustees: TrusteesItem.optional(),
  proof: z.object({ S: z.enum(PROOFS) }).optional(),
  box_closed: z.object({ BOOL: z.boolean() }).optional(),
  destroyed_at: z.object({ S: z.string() }).optional(),
  version: z.object({ N: z.string() }).optional(),
});

function windowItem({ opensAt, closesAt }: EndedWindow): AttributeValue {
  return { M: { opens_at: { S: opensAt }, closes_at: { S: closesAt } } };
}

function promiseKeyItem({ version, publicKey, from }: PromiseKey): AttributeValue {
  return { M: { version: { N: String(version) }, public_key: { S: publicKey }, from: { S: from } } };
}

function trusteesItem({ electionKey, signingKey, splitId, threshold, trustees, tested }: TrusteeKeys): AttributeValue {
  return {
    M: {
      election_key: { S: electionKey },
      signing_key: { S: signingKey },
      split_id: { S: splitId },
      threshold: { N: String(threshold) },
      trustees: { N: String(trustees) },
      tested: { BOOL: tested },
    },
  };
}

function trusteesOf({ M }: z.output<typeof TrusteesItem>): TrusteeKeys {
  return {
    electionKey: M.election_key.S,
    signingKey: M.signing_key.S,
    splitId: M.split_id.S,
    threshold: Number(M.threshold.N),
    trustees: Number(M.trustees.N),
    tested: M.tested.BOOL,
  };
}

/**
 * When a law with a form opens for a release that does not know forms. That release must not accept votes, because
 * without macs no later release would record them.
 */
const NEVER = "9999-12-31T23:59:59.000Z";

function promiseKeyOf({ M }: z.output<typeof PromiseKeyItem>): PromiseKey {
  return { version: Number(M.version.N), publicKey: M.public_key.S, from: M.from.S };
}

function toItem(law: Law): Record<string, AttributeValue> {
  return {
    law_id: { S: law.lawId },
    title: { S: law.title },
    ...(law.form === undefined
      ? { opens_at: { S: law.opensAt } }
      : { opens_at: { S: NEVER }, opens_at_with_form: { S: law.opensAt } }),
    key_version: { N: String(law.keyVersion) },
    ...(law.titles?.fr === undefined ? {} : { title_fr: { S: law.titles.fr } }),
    ...(law.titles?.en === undefined ? {} : { title_en: { S: law.titles.en } }),
    ...(law.closesAt === undefined ? {} : { closes_at: { S: law.closesAt } }),
    ...(law.earlierWindows === undefined ? {} : { earlier_windows: { L: law.earlierWindows.map(windowItem) } }),
    ...(law.plannedOpensAt === undefined ? {} : { planned_opens_at: { S: law.plannedOpensAt } }),
    ...(law.plannedClosesAt === undefined ? {} : { planned_closes_at: { S: law.plannedClosesAt } }),
    ...(law.utcOffset === undefined ? {} : { utc_offset: { S: law.utcOffset } }),
    ...(law.frozen === undefined ? {} : { frozen: { BOOL: law.frozen } }),
    ...(law.pepperId === undefined ? {} : { pepper_id: { S: law.pepperId } }),
    ...(law.codes === undefined ? {} : { codes: { S: law.codes } }),
    ...(law.reached === undefined || law.reached === "ready" ? {} : { reached: { S: law.reached } }),
    ...(law.sealedVoters === undefined ? {} : { sealed_voters: { N: String(law.sealedVoters) } }),
    ...(law.expectedVoters === undefined ? {} : { expected_voters: { N: String(law.expectedVoters) } }),
    ...(law.results === undefined ? {} : { results: { S: law.results } }),
    ...(law.form === undefined ? {} : { form: { S: law.form } }),
    ...(law.origin === undefined ? {} : { origin: { S: law.origin } }),
    ...(law.promiseKeys === undefined ? {} : { promise_keys: { L: law.promiseKeys.map(promiseKeyItem) } }),
    ...(law.logKey === undefined ? {} : { log_key: { S: law.logKey } }),
    ...(law.trustees === undefined ? {} : { trustees: trusteesItem(law.trustees) }),
    ...(law.proof === undefined ? {} : { proof: { S: law.proof } }),
    ...(law.boxClosed === undefined ? {} : { box_closed: { BOOL: law.boxClosed } }),
    ...(law.destroyedAt === undefined ? {} : { destroyed_at: { S: law.destroyedAt } }),
    ...(law.version === undefined ? {} : { version: { N: String(law.version) } }),
  };
}

function fromItem(item: Record<string, AttributeValue>): Law {
  const parsed = LawItem.parse(item);
  return {
    lawId: parsed.law_id.S,
    title: parsed.title.S,
    opensAt: (parsed.opens_at_with_form ?? parsed.opens_at).S,
    keyVersion: Number(parsed.key_version.N),
    ...((parsed.title_fr || parsed.title_en) && { titles: { fr: parsed.title_fr?.S, en: parsed.title_en?.S } }),
    ...(parsed.closes_at && { closesAt: parsed.closes_at.S }),
    ...(parsed.earlier_windows && {
      earlierWindows: parsed.earlier_windows.L.map(({ M }) => ({ opensAt: M.opens_at.S, closesAt: M.closes_at.S })),
    }),
    ...(parsed.planned_opens_at && { plannedOpensAt: parsed.planned_opens_at.S }),
    ...(parsed.planned_closes_at && { plannedClosesAt: parsed.planned_closes_at.S }),
    ...(parsed.utc_offset && { utcOffset: parsed.utc_offset.S }),
    ...(parsed.frozen?.BOOL === true && { frozen: true }),
    ...(parsed.pepper_id && { pepperId: parsed.pepper_id.S }),
    ...(parsed.codes && { codes: parsed.codes.S }),
    ...(parsed.reached && { reached: parsed.reached.S }),
    ...(parsed.sealed_voters && { sealedVoters: Number(parsed.sealed_voters.N) }),
    ...(parsed.expected_voters && { expectedVoters: Number(parsed.expected_voters.N) }),
    ...(parsed.results && { results: parsed.results.S }),
    ...(parsed.form && { form: parsed.form.S }),
    ...(parsed.origin && { origin: parsed.origin.S }),
    ...(parsed.promise_keys && { promiseKeys: parsed.promise_keys.L.map(promiseKeyOf) }),
    ...(parsed.log_key && { logKey: parsed.log_key.S }),
    ...(parsed.trustees && { trustees: trusteesOf(parsed.trustees) }),
    ...(parsed.proof && { proof: parsed.proof.S }),
    ...(parsed.box_closed?.BOOL === true && { boxClosed: true }),
    ...(parsed.destroyed_at && { destroyedAt: parsed.destroyed_at.S }),
    ...(parsed.version && { version: Number(parsed.version.N) }),
  };
}

/** The attributes that a projection takes away from an item when the law has none of them. */
const OPTIONAL = [
  "title_fr",
  "title_en",
  "closes_at",
  "earlier_windows",
  "planned_opens_at",
  "planned_closes_at",
  "utc_offset",
  "reached",
  "sealed_voters",
  "expected_voters",
  "results",
  "trustees",
  "proof",
] as const;

/** Sets what a law has, and takes away what it has no more. Attributes that this release does not know stay. */
function projectionOf(law: Law) {
  const { law_id: _, ...item } = toItem(law);
  const removed = OPTIONAL.filter((attribute) => item[attribute] === undefined);
  const set = Object.keys(item).map((attribute) => `#${attribute} = :${attribute}`);
  const names = [...Object.keys(item), ...removed].map((attribute) => [`#${attribute}`, attribute]);
  return {
    names: Object.fromEntries(names),
    values: Object.fromEntries(Object.entries(item).map(([attribute, value]) => [`:${attribute}`, value])),
    expression:
      `SET ${set.join(", ")}` +
      (removed.length === 0 ? "" : ` REMOVE ${removed.map((attribute) => `#${attribute}`).join(", ")}`),
  };
}

/**
 * The laws table in DynamoDB. Every read is consistent. One that is not may give a law as it was before a change was
 * confirmed, for longer than the cache of `ingest` accounts for, and then a vote is taken after its law was closed or
 * frozen. It costs half a read unit more for each law, execution environment and lifetime of that cache.
 */
export class DynamoLawStore implements LawStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async get(lawId: string): Promise<Law | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: { law_id: { S: lawId } }, ConsistentRead: true }),
    );
    return Item && fromItem(Item);
  }

  /** Every law, by id. */
  async list(): Promise<Law[]> {
    const laws: Law[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.#client.send(
        new ScanCommand({ TableName: this.#table, ExclusiveStartKey: start, ConsistentRead: true }),
      );
      laws.push(...(page.Items ?? []).map(fromItem));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return laws.sort((a, b) => (a.lawId < b.lawId ? -1 : 1));
  }

  /**
   * Writes a law as it stands in PostgreSQL, unless its item has this version or a later one. Whether it is frozen is
   * written only if the law says that it is.
   *
   * @param law the law
   * @returns false when the item has this version or a later one: then nothing was written
   */
  async project(law: Law & { readonly version: number }): Promise<boolean> {
    const { names, values, expression } = projectionOf(law);
    return this.#conditionally(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: { law_id: { S: law.lawId } },
        UpdateExpression: expression,
        ConditionExpression: "attribute_not_exists(law_id) OR attribute_not_exists(version) OR version < :version",
        ExpressionAttributeNames: { ...names },
        ExpressionAttributeValues: values,
      }),
    );
  }

  /**
   * Stops or resumes the acceptance of votes. This does not change the law's version, and needs no PostgreSQL.
   *
   * @param lawId the law
   * @param frozen whether votes are refused
   * @returns whether anything changed; undefined: the law has no item, or is counted
   */
  async setFrozen(lawId: string, frozen: boolean): Promise<boolean | undefined> {
    try {
      const { Attributes } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: { law_id: { S: lawId } },
          UpdateExpression: "SET frozen = :frozen",
          // Of items, only that of a law that is counted has this attribute.
          ConditionExpression: "attribute_exists(law_id) AND attribute_not_exists(reached)",
          ExpressionAttributeValues: { ":frozen": { BOOL: frozen } },
          ReturnValues: "UPDATED_OLD",
        }),
      );
      return (Attributes?.["frozen"]?.BOOL ?? false) !== frozen;
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  }

  /** Sends a write; false when its condition does not hold. */
  async #conditionally(command: UpdateItemCommand): Promise<boolean> {
    try {
      await this.#client.send(command);
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw error;
    }
  }
}

function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}
