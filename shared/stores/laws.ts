import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import type { Law } from "../domain/law.ts";
import { CODE_KINDS } from "../domain/voter-code.ts";

/** Where the laws are. */
export interface LawStore {
  /**
   * Reads a law.
   *
   * @param lawId the law
   * @returns the law, or undefined when there is none of that id
   */
  get(lawId: string): Promise<Law | undefined>;
}

const LawItem = z.object({
  law_id: z.object({ S: z.string() }),
  title: z.object({ S: z.string() }),
  title_fr: z.object({ S: z.string() }).optional(),
  title_en: z.object({ S: z.string() }).optional(),
  opens_at: z.object({ S: z.string() }),
  closes_at: z.object({ S: z.string() }).optional(),
  frozen: z.object({ BOOL: z.boolean() }).optional(),
  pepper_id: z.object({ S: z.string() }).optional(),
  codes: z.object({ S: z.enum(CODE_KINDS) }).optional(),
  key_version: z.object({ N: z.string() }),
});

function toItem(law: Law): Record<string, AttributeValue> {
  return {
    law_id: { S: law.lawId },
    title: { S: law.title },
    opens_at: { S: law.opensAt },
    key_version: { N: String(law.keyVersion) },
    ...(law.titles?.fr === undefined ? {} : { title_fr: { S: law.titles.fr } }),
    ...(law.titles?.en === undefined ? {} : { title_en: { S: law.titles.en } }),
    ...(law.closesAt === undefined ? {} : { closes_at: { S: law.closesAt } }),
    ...(law.frozen === undefined ? {} : { frozen: { BOOL: law.frozen } }),
    ...(law.pepperId === undefined ? {} : { pepper_id: { S: law.pepperId } }),
    ...(law.codes === undefined ? {} : { codes: { S: law.codes } }),
  };
}

function fromItem(item: Record<string, AttributeValue>): Law {
  const parsed = LawItem.parse(item);
  return {
    lawId: parsed.law_id.S,
    title: parsed.title.S,
    opensAt: parsed.opens_at.S,
    keyVersion: Number(parsed.key_version.N),
    ...((parsed.title_fr || parsed.title_en) && { titles: { fr: parsed.title_fr?.S, en: parsed.title_en?.S } }),
    ...(parsed.closes_at && { closesAt: parsed.closes_at.S }),
    ...(parsed.frozen && { frozen: parsed.frozen.BOOL }),
    ...(parsed.pepper_id && { pepperId: parsed.pepper_id.S }),
    ...(parsed.codes && { codes: parsed.codes.S }),
  };
}

/** The laws table in DynamoDB. */
export class DynamoLawStore implements LawStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async get(lawId: string): Promise<Law | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: { law_id: { S: lawId } } }),
    );
    return Item && fromItem(Item);
  }

  /** Every law, by id. */
  async list(): Promise<Law[]> {
    const laws: Law[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.#client.send(new ScanCommand({ TableName: this.#table, ExclusiveStartKey: start }));
      laws.push(...(page.Items ?? []).map(fromItem));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return laws.sort((a, b) => (a.lawId < b.lawId ? -1 : 1));
  }

  /**
   * Writes a law. An existing law with the same id is replaced.
   *
   * @param law the law as it shall stand
   */
  async put(law: Law): Promise<void> {
    await this.#client.send(new PutItemCommand({ TableName: this.#table, Item: toItem(law) }));
  }

  /**
   * Adds a law.
   *
   * @param law the new law
   * @returns false when a law with this id exists; it is not changed
   */
  async add(law: Law): Promise<boolean> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: toItem(law),
          ConditionExpression: "attribute_not_exists(law_id)",
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  /**
   * Removes a law's entry; votes and roll are not touched.
   *
   * @param lawId the law
   */
  async remove(lawId: string): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: { law_id: { S: lawId } } }));
  }
}

/** A law store that remembers the answers of another one for some seconds. */
export class CachedLawStore implements LawStore {
  readonly #source: LawStore;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly law: Promise<Law | undefined>; readonly askedAt: number }>();

  /** Laws that do not exist are remembered too; this bounds what made-up ids can fill. */
  static readonly MAX_ENTRIES = 1000;

  /**
   * @param source where the laws are
   * @param lifetimeSeconds how old an answer may be: also how long freezing a law takes to be in force
   * @param now milliseconds since the epoch
   */
  constructor(source: LawStore, lifetimeSeconds: number, now: () => number) {
    this.#source = source;
    this.#lifetimeMs = lifetimeSeconds * 1000;
    this.#now = now;
  }

  get(lawId: string): Promise<Law | undefined> {
    const now = this.#now();
    const known = this.#entries.get(lawId);
    // Not older than it may be, and not of a time to come: after a clock was set back an answer would stay for hours.
    if (known !== undefined && now >= known.askedAt && now < known.askedAt + this.#lifetimeMs) return known.law;
    if (this.#entries.size >= CachedLawStore.MAX_ENTRIES) this.#entries.clear();
    const law = this.#source.get(lawId);
    this.#entries.set(lawId, { law, askedAt: now });
    // A failed look-up is not an answer to remember.
    law.catch(() => this.#entries.delete(lawId));
    return law;
  }
}
