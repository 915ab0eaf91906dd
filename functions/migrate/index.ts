import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { Signer } from "@aws-sdk/rds-signer";
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

/**
 * The handler that a deployment calls before the first vote can arrive. Throws when a migration fails; the schema is
 * then as before.
 */
export const handler = async (): Promise<MigrateResult> => {
  const [login, otherLogin] = await administratorLogins();
  return handle(login, undefined, otherLogin);
};

/** The credentials of an RDS secret. */
const AdminSecret = z.object({ username: z.string(), password: z.string() });

/**
 * The login for migrating: on AWS the database's administrator, directly at the instance; elsewhere the user in
 * `DATABASE_URL`.
 *
 * On AWS there are two ways to log in, and only one of them works at a time: until the first migration the password of
 * `DATABASE_ADMIN_SECRET_ARN`, and from then on a token of IAM. Since PostgreSQL 16, the creator of a role becomes a
 * member of it. So the administrator becomes a member of rds_iam through the functions' roles, and RDS accepts only
 * tokens from a member.
 */
async function administratorLogins(): Promise<readonly [pg.ClientConfig, pg.ClientConfig?]> {
  const secretId = process.env.DATABASE_ADMIN_SECRET_ARN;
  if (secretId === undefined || secretId === "") return [databaseConfig()];
  const { SecretString } = await secretsManagerClient().send(new GetSecretValueCommand({ SecretId: secretId }));
  const { username, password } = AdminSecret.parse(JSON.parse(SecretString ?? "{}"));
  const host = required("DATABASE_HOST");
  const port = wholeNumber("DATABASE_PORT", 5432);
  const instance = {
    host,
    port,
    database: required("DATABASE_NAME"),
    user: username,
    ssl: { ca: readFileSync(new URL("rds-ca.pem", import.meta.url), "utf8") },
  };
  const signer = new Signer({ hostname: host, port, username });
  return [
    { ...instance, password },
    { ...instance, password: () => signer.getAuthToken() },
  ];
}

/** PostgreSQL's codes for a refused login: `invalid_authorization_specification`, `invalid_password`. */
const LOGIN_REFUSED = ["28000", "28P01"];

/** Logs in. If the server refuses the first way, it tries the other one. */
async function connectedBy(config: pg.ClientConfig, otherLogin: pg.ClientConfig | undefined): Promise<pg.Client> {
  const client = new pg.Client({ ...config, application_name: "migrate" });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const isRefused = error instanceof pg.DatabaseError && LOGIN_REFUSED.includes(error.code ?? "");
    if (otherLogin === undefined || !isRefused) throw error;
    return connectedBy(otherLogin, undefined);
  }
}

/**
 * Brings the schema up to date: runs all outstanding migrations in one transaction, under an advisory lock. Everything
 * they make then belongs to a role that cannot log in.
 *
 * @param config the database, with a user who may change its schema
 * @param directory the folder of the migrations; default: beside this module
 * @param otherLogin how to log in when the server refuses the first way
 */
export async function handle(
  config: pg.ClientConfig,
  directory = fileURLToPath(new URL("migrations", import.meta.url)),
  otherLogin?: pg.ClientConfig,
): Promise<MigrateResult> {
  const client = await connectedBy(config, otherLogin);
  try {
    const applied = await runner({
      dbClient: client,
      dir: directory,
      direction: "up",
      migrationsTable: "schema_migrations",
      log: () => undefined,
    });
    await client.query("select hand_over_ownership()");
    const names = applied.map((migration) => migration.name);
    log.info("the schema is up to date", { applied: names });
    return { applied: names };
  } finally {
    await client.end();
  }
}
