import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { runner } from "node-pg-migrate";
import pg from "pg";
import { z } from "zod";
import { secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { log } from "../../shared/runtime/log.ts";
import { databaseConfig } from "../../shared/runtime/postgres.ts";

export interface MigrateResult {
  /** The names of the migrations that this run applied, in order; empty when the schema was current. */
  readonly applied: readonly string[];
}

/** What a deploy calls, before the first vote can arrive. Throws when a migration fails; the schema is then as before. */
export const handler = async (): Promise<MigrateResult> => handle(await adminConfig());

/** The credentials of an RDS secret. */
const AdminSecret = z.object({ username: z.string(), password: z.string() });

/**
 * The role that migrates. On AWS it is the owner of the database, who connects to the instance itself with the secret
 * `DATABASE_ADMIN_SECRET_ARN`. Elsewhere it is the role that `DATABASE_URL` names.
 */
async function adminConfig(): Promise<pg.ClientConfig> {
  const secretId = process.env.DATABASE_ADMIN_SECRET_ARN;
  if (secretId === undefined || secretId === "") return databaseConfig();
  const { SecretString } = await secretsManagerClient().send(new GetSecretValueCommand({ SecretId: secretId }));
  const { username, password } = AdminSecret.parse(JSON.parse(SecretString ?? "{}"));
  return {
    host: required("DATABASE_HOST"),
    port: wholeNumber("DATABASE_PORT", 5432),
    database: required("DATABASE_NAME"),
    user: username,
    password,
    ssl: { ca: readFileSync(new URL("rds-ca.pem", import.meta.url), "utf8") },
  };
}

/**
 * Brings the schema up to date: all outstanding migrations in one transaction, under an advisory lock.
 *
 * @param config the database, as somebody who may change its schema
 * @param directory where the migrations are; default: beside this module
 */
export async function handle(
  config: pg.ClientConfig,
  directory = fileURLToPath(new URL("migrations", import.meta.url)),
): Promise<MigrateResult> {
  const client = new pg.Client({ ...config, application_name: "migrate" });
  await client.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir: directory,
      direction: "up",
      migrationsTable: "schema_migrations",
      log: () => undefined,
    });
    const names = applied.map((migration) => migration.name);
    log.info("the schema is up to date", { applied: names });
    return { applied: names };
  } finally {
    await client.end();
  }
}
