import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import type { Target } from "../../places/target.ts";

/** A place of storage, with its contents. */
export interface Place {
  readonly name: string;
  readonly content: Buffer;
}

/** Every row of every table of the database, as text. */
export async function* databaseRows(target: Target): AsyncGenerator<Place> {
  const { rows: tables } = await target.pool.query<{ name: string }>(
    "select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables " +
      "where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
  );
  for (const { name } of tables) {
    const { rows } = await target.pool.query<{ text: string }>(`select t::text as text from ${name} t`);
    for (const { text } of rows) yield { name: `table ${name}`, content: Buffer.from(text) };
  }
}

/** Every key of Redis with its value. */
export async function* redisKeys(target: Target): AsyncGenerator<Place> {
  for await (const keys of target.redis.scanStream({ count: 1_000 })) {
    for (const key of keys as string[]) {
      const type = await target.redis.type(key);
      const value =
        type === "hash"
          ? Object.entries(await target.redis.hgetallBuffer(key)).flatMap(([field, id]) => [Buffer.from(field), id])
          : [(await target.redis.getBuffer(key)) ?? Buffer.alloc(0)];
      yield { name: `Redis key ${key}`, content: Buffer.concat([Buffer.from(key), ...value]) };
    }
  }
}

/** Every item of the DynamoDB tables. */
export async function* dynamoItems(target: Target): AsyncGenerator<Place> {
  for (const output of ["LawsTableName", "ReceiptsTableName"]) {
    const TableName = target.output(output);
    let ExclusiveStartKey: Record<string, import("@aws-sdk/client-dynamodb").AttributeValue> | undefined;
    do {
      const page = await target.dynamoDb.send(new ScanCommand({ TableName, ExclusiveStartKey }));
      for (const item of page.Items ?? [])
        yield { name: `item of ${TableName}`, content: Buffer.from(JSON.stringify(item)) };
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
}

/** Every file below a directory; none where there is no such directory. Files that go away meanwhile are left out. */
export async function* files(directory: string, except: readonly string[]): AsyncGenerator<Place> {
  if (!existsSync(directory)) return;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || except.includes(path)) continue;
    try {
      if ((await stat(path)).size > 0) yield { name: `file ${path}`, content: await readFile(path) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

/** The forms that a text or bytes may have in a file: plain, as hex in either case, and as base64 at any offset. */
export function formsOf(text: string | Buffer): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    // The first and last characters depend on what stands beside the text.
    return encoded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const base64url = base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"));
  const hex = bytes.toString("hex");
  return [bytes, ...[hex, hex.toUpperCase(), ...new Set([...base64, ...base64url])].map((form) => Buffer.from(form))];
}
