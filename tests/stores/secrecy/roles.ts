import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { Redis } from "ioredis";
import pg from "pg";
import { FUNCTION_NAMES, type FunctionName } from "../../../infra/functions.ts";
import type { Choice } from "../../../shared/domain/ballot.ts";
import { REDIS_USER_NAMES, REDIS_USERS, type RedisUser } from "../../../shared/domain/redis-users.ts";
import { FUNCTION_GRANTS, type Grants } from "../../support/function-grants.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import type { TestTarget } from "../support/test-target.ts";
import type { Election } from "./election.ts";
import { type HeldKeys, type Sighting, sighted } from "./sighting.ts";

/** As whom each function logs in to PostgreSQL, and auditors do. */
const DATABASE_ROLES = {
  aggregate: "referendum_writer",
  results: "referendum_reader",
  health: "referendum_reader",
  operate: "referendum_operate",
  log: "referendum_log",
  roll: "referendum_roll",
  migrate: "election_user",
  auditor: "referendum_auditor",
} as const;
const QUEUES = ["votes", "outcomes", "votes-dlq", "outcomes-dlq"] as const;
const TABLES = { laws: "LawsTableName", receipts: "ReceiptsTableName" } as const;
const DYNAMODB_READS = ["GetItem", "BatchGetItem", "Query", "Scan"].map((action) => `dynamodb:${action}`);
const PERMISSION_DENIED = "42501";

/** Whoever logs in to the stores: each function, and an auditor. */
export type StoreRole = FunctionName | "auditor";
export const STORE_ROLES: readonly StoreRole[] = [...FUNCTION_NAMES, "auditor"];

/** Reads the stores as functions and auditors may, and nothing else. */
export interface StoreReaders {
  /** Everything that a role can see at this moment. */
  look(role: StoreRole, election: Election): Promise<readonly Sighting[]>;
  close(): Promise<void>;
}

/**
 * Opens connections with the permissions of each role.
 *
 * @param stack the stores
 */
export async function openReaders(stack: TestTarget): Promise<StoreReaders> {
  const { target } = stack;
  const redis = await redisUsers(target.redis, target.address.redis.url ?? "");
  const databases = new Map<StoreRole, pg.Client>();
  for (const [role, name] of Object.entries(DATABASE_ROLES)) {
    const client = new pg.Client({ ...target.address.postgres, options: `-c role=${name}` });
    client.on("error", () => undefined);
    await client.connect();
    databases.set(role as keyof typeof DATABASE_ROLES, client);
  }
  const { rows: tables } = await target.pool.query<{ name: string }>(
    "select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace " +
      "where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')",
  );
  const { archive } = archiveOf(target);
  /** What is in the parts of the archive that a function may read, if it may decrypt it. */
  const archived = async (grants: Grants): Promise<Sighting[]> => {
    if (grants["secretsmanager:GetSecretValue"]?.includes("archive key") !== true) return [];
    const parts = (grants["s3:GetObject"] ?? []).map((name) => name.replace("archive/", ""));
    const names = (await Promise.all(parts.map((part) => archive.names(`${part}/`)))).flat();
    return Promise.all(names.map(async (name) => sighted((await archive.get(name)) ?? "")));
  };
  return {
    async look(role, election) {
      const seen: Sighting[] = [];
      if (role === "ingest") seen.push(...election.requests.map((one) => sighted(one)));
      if (role === "roll") seen.push(...election.roll.map((line) => sighted(line)));
      if (role !== "auditor") {
        const grants = FUNCTION_GRANTS[role];
        for (const queue of QUEUES) {
          if (grants["sqs:ReceiveMessage"]?.includes(queue) !== true) continue;
          seen.push(...election.messages[queue].map((body) => sighted(body)));
        }
        for (const table of ["laws", "receipts"] as const) {
          if (!DYNAMODB_READS.some((action) => grants[action]?.includes(table))) continue;
          const { Items = [] } = await target.dynamoDb.send(
            new ScanCommand({ TableName: target.output(TABLES[table]), ConsistentRead: true }),
          );
          seen.push(...Items.map((item) => sighted(JSON.stringify(item))));
        }
      }
      if (role !== "auditor") seen.push(...(await archived(FUNCTION_GRANTS[role])));
      const database = databases.get(role);
      if (database !== undefined) seen.push(...(await rowsOf(database, tables)));
      const user = REDIS_USER_NAMES.find((name) => name === role);
      if (user !== undefined) seen.push(...(await redis.look(user, election)));
      return seen;
    },
    async close() {
      redis.close();
      await Promise.all([...databases.values()].map((client) => client.end()));
    },
  };
}

/** The keys of a role that tell something of voters. */
export function keysOf(role: StoreRole, keys: Pick<HeldKeys, "pepper" | "person">): HeldKeys {
  const secrets = role === "auditor" ? [] : (FUNCTION_GRANTS[role]["secretsmanager:GetSecretValue"] ?? []);
  return {
    pepper: secrets.includes("pepper") ? keys.pepper : undefined,
    person: secrets.includes("person key") ? keys.person : undefined,
  };
}

interface Row {
  readonly transaction: string;
  readonly text: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Every row that the role may select, with the transaction that wrote it. */
async function rowsOf(client: pg.Client, tables: readonly { readonly name: string }[]): Promise<Sighting[]> {
  const seen: Sighting[] = [];
  for (const { name } of tables) {
    const read = client.query<Row>(
      `select xmin::text as transaction, to_jsonb(t) as row, to_jsonb(t)::text as text from ${name} t`,
    );
    const { rows } = await read.catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && error.code === PERMISSION_DENIED) return { rows: [] };
      throw error;
    });
    seen.push(...rows.map((row) => sightingOf(name, row)));
  }
  return seen;
}

function sightingOf(table: string, { transaction, text, row }: Row): Sighting {
  const lawId = String(row["law_id"]);
  const seen = sighted(text, {
    transaction,
    tally:
      table === "vote_results"
        ? { source: "vote_results", lawId, oui: Number(row["oui_count"]), non: Number(row["non_count"]) }
        : undefined,
    ballot: table === "ballots" ? { lawId, choice: row["choice"] as Choice } : undefined,
  });
  return table === "participation" ? { ...seen, counts: true } : seen;
}

/** Users of Redis with the rules of the functions of their names. */
async function redisUsers(admin: Redis, url: string) {
  const clients = new Map<RedisUser, Redis>();
  for (const user of REDIS_USER_NAMES) {
    const password = `${user}-of-a-test`;
    await admin.call("ACL", "SETUSER", user, "reset", "on", `>${password}`, ...REDIS_USERS[user]);
    const client = new Redis(url, { username: user, password, retryStrategy: () => null });
    client.on("error", () => undefined);
    clients.set(user, client);
  }
  return {
    /** What a user gets out of every key, by any command that reads. */
    async look(user: RedisUser, { votes }: Election): Promise<Sighting[]> {
      const client = clients.get(user);
      if (client === undefined) return [];
      const tried = async (command: string, ...args: (string | Buffer)[]) => {
        try {
          return [await client.callBuffer(command, ...args)].flat().filter((part) => Buffer.isBuffer(part));
        } catch {
          return []; // Not allowed, or another type of key.
        }
      };
      const seen: Sighting[] = [];
      for (const key of await admin.keys("*")) {
        const entries =
          (await tried("HGETALL", key)).length > 0
            ? await tried("HGETALL", key)
            : await tried("EVAL", "return redis.call('HGETALL', KEYS[1])", "1", key);
        for (let at = 0; at < entries.length; at += 2) {
          seen.push(sighted(Buffer.concat([Buffer.from(key), entries[at] ?? "", entries[at + 1] ?? ""].map(bytesOf))));
        }
        for (const field of await tried("HKEYS", key)) seen.push(sighted(Buffer.concat([Buffer.from(key), field])));
        for (const value of await tried("GET", key)) seen.push(sighted(Buffer.concat([Buffer.from(key), value])));
        // Whoever knows a voter's hash can ask for it.
        for (const { voterHash } of votes.filter((vote) => key.includes(vote.voterHash.toString("hex").slice(0, 4)))) {
          for (const id of await tried("HGET", key, voterHash)) seen.push(sighted(Buffer.concat([voterHash, id])));
        }
      }
      return seen;
    },
    close: () => {
      for (const client of clients.values()) client.disconnect();
    },
  };
}

function bytesOf(part: Buffer | string): Buffer {
  return Buffer.from(part);
}
