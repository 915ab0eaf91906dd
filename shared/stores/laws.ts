import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import type { EndedWindow, Law } from "../domain/law.ts";
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

/** The attributes of a law that change in its life, by their names in the code. */
const CHANGEABLE = {
  title: "title",
  opensAt: "opens_at",
  closesAt: "closes_at",
  earlierWindows: "earlier_windows",
  plannedOpensAt: "planned_opens_at",
  plannedClosesAt: "planned_closes_at",
  utcOffset: "utc_offset",
  frozen: "frozen",
} as const;

/** Attributes of a law with new values; undefined takes the attribute away. */
export type LawChanges = Partial<Pick<Law, keyof typeof CHANGEABLE>>;

const EndedWindowItem = z.object({
  M: z.object({ opens_at: z.object({ S: z.string() }), closes_at: z.object({ S: z.string() }) }),
});

const LawItem = z.object({
  law_id: z.object({ S: z.string() }),
  title: z.object({ S: z.string() }),
  title_fr: z.object({ S: z.string() }).optional(),
  title_en: z.object({ S: z.string() }).optional(),
  opens_at: z.object({ S: z.string() }),
  closes_at: z.object({ S: z.string() }).optional(),
  earlier_windows: z.object({ L: z.array(EndedWindowItem) }).optional(),
  planned_opens_at: z.object({ S: z.string() }).optional(),
  planned_closes_at: z.object({ S: z.string() }).optional(),
  utc_offset: z.object({ S: z.string() }).optional(),
  frozen: z.object({ BOOL: z.boolean() }).optional(),
  pepper_id: z.object({ S: z.string() }).optional(),
  codes: z.object({ S: z.enum(CODE_KINDS) }).optional(),
  key_version: z.object({ N: z.string() }),
  version: z.object({ N: z.string() }).optional(),
});

function windowItem({ opensAt, closesAt }: EndedWindow): AttributeValue {
  return { M: { opens_at: { S: opensAt }, closes_at: { S: closesAt } } };
}

function toItem(law: Law): Record<string, AttributeValue> {
  return {
    law_id: { S: law.lawId },
    title: { S: law.title },
    opens_at: { S: law.opensAt },
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
    ...(law.version === undefined ? {} : { version: { N: String(law.version) } }),
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
    ...(parsed.earlier_windows && {
      earlierWindows: parsed.earlier_windows.L.map(({ M }) => ({ opensAt: M.opens_at.S, closesAt: M.closes_at.S })),
    }),
    ...(parsed.planned_opens_at && { plannedOpensAt: parsed.planned_opens_at.S }),
    ...(parsed.planned_closes_at && { plannedClosesAt: parsed.planned_closes_at.S }),
    ...(parsed.utc_offset && { utcOffset: parsed.utc_offset.S }),
    ...(parsed.frozen && { frozen: parsed.frozen.BOOL }),
    ...(parsed.pepper_id && { pepperId: parsed.pepper_id.S }),
    ...(parsed.codes && { codes: parsed.codes.S }),
    ...(parsed.version && { version: Number(parsed.version.N) }),
  };
}

/** Names each change as DynamoDB's update expressions do. */
function updateOf(law: Law, changes: LawChanges) {
  const changed = { ...law, ...changes };
  const item = toItem(changed);
  const set = ["version = :next"];
  const remove: string[] = [];
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = { ":next": { N: String((law.version ?? 0) + 1) } };
  for (const [property, attribute] of Object.entries(CHANGEABLE)) {
    if (!(property in changes)) continue;
    names[`#${attribute}`] = attribute;
    const value = item[attribute];
    if (value === undefined) remove.push(`#${attribute}`);
    else {
      set.push(`#${attribute} = :${attribute}`);
      values[`:${attribute}`] = value;
    }
  }
  const expression = `SET ${set.join(", ")}${remove.length === 0 ? "" : ` REMOVE ${remove.join(", ")}`}`;
  return { names, values, expression };
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
   * Adds a law.
   *
   * @param law the new law
   * @returns false when a law with this id exists; it is not changed
   */
  async add(law: Law): Promise<boolean> {
    return this.#conditionally(
      new PutItemCommand({
        TableName: this.#table,
        Item: toItem(law),
        ConditionExpression: "attribute_not_exists(law_id)",
      }),
    );
  }

  /**
   * Changes some attributes of a law, on condition that nobody has changed the law since it was read. Other attributes
   * are not written.
   *
   * @param law the law as it was read
   * @param changes the attributes with their new values
   * @returns the law as it stands now; undefined when it is not what was read any more: then nothing was written
   */
  async change(law: Law, changes: LawChanges): Promise<Law | undefined> {
    const { names, values, expression } = updateOf(law, changes);
    const isUnchanged = law.version === undefined ? "attribute_not_exists(version)" : "version = :read";
    const isWritten = await this.#conditionally(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: { law_id: { S: law.lawId } },
        UpdateExpression: expression,
        ConditionExpression: `attribute_exists(law_id) AND ${isUnchanged}`,
        ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
        ExpressionAttributeValues: {
          ...values,
          ...(law.version === undefined ? {} : { ":read": { N: String(law.version) } }),
        },
      }),
    );
    return isWritten ? { ...law, ...changes, version: (law.version ?? 0) + 1 } : undefined;
  }

  /** Sends a write; false when its condition does not hold. */
  async #conditionally(command: PutItemCommand | UpdateItemCommand): Promise<boolean> {
    try {
      // Two calls: the client has an overload for each command, and none for either.
      await (command instanceof PutItemCommand ? this.#client.send(command) : this.#client.send(command));
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
