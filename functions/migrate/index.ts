import { fileURLToPath } from "node:url";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { runner } from "node-pg-migrate";
import pg from "pg";
import { z } from "zod";
import { secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { log } from "../../shared/runtime/log.ts";
import { publishMigrationSeconds } from "../../shared/runtime/metrics.ts";
import { databaseConfig } from "../../shared/runtime/postgres.ts";
import { whileRunning } from "./while-running.ts";

/** Twice per period of the alarm on a migration that runs too long (infra/constructs/pipeline/pipeline.ts). */
const TELL_EVERY_MS = 30_000;

export interface MigrateResult {
  /** The names of the migrations that this run applied, in order; empty when the schema was current. */
  readonly applied: readonly string[];
}

/**
 * The handler that a deployment calls before the first vote can arrive. Throws when a migration fails; the schema is
 * then as before.
 */
export const handler = async (): Promise<MigrateResult> => {
  const [login, otherLogin] = administratorLogins();
  return whileRunning(TELL_EVERY_MS, publishMigrationSeconds, () => handle(login, undefined, otherLogin));
};

/** Another way to log in, found out when it is needed. */
type OtherLogin = () => Promise<pg.ClientConfig>;

/** The credentials of an RDS secret. */
const AdminSecret = z.object({ username: z.string(), password: z.string() });

/**
 * The login for migrating: on AWS the database's administrator, directly at the instance; elsewhere the user in
 * `DATABASE_URL`.
 *
 * On AWS there are two ways to log in, and only one of them works at a time: until the first migration the password of
 * `DATABASE_ADMIN_SECRET_ARN`, and from then on a token of IAM. Since PostgreSQL 16, the creator of a role becomes a
 * member of it. So the administrator becomes a member of rds_iam through the functions' roles, and RDS accepts only
 * tokens from a member. Therefore the secret is read only once in a database's life. It is not needed after the
 * instance was replaced by a restored one, which has another secret.
 */
function administratorLogins(): readonly [pg.ClientConfig, OtherLogin?] {
  const secretId = process.env.DATABASE_ADMIN_SECRET_ARN;
  const byToken = databaseConfig();
  if (secretId === undefined || secretId === "") return [byToken];
  return [
    byToken,
    async () => {
      const { SecretString } = await secretsManagerClient().send(new GetSecretValueCommand({ SecretId: secretId }));
      const { username, password } = AdminSecret.parse(JSON.parse(SecretString ?? "{}"));
      return { ...byToken, user: username, password };
    },
  ];
}

/** PostgreSQL's codes for a refused login: `invalid_authorization_specification`, `invalid_password`. */
const LOGIN_REFUSED = ["28000", "28P01"];

/** Logs in. If the server refuses the first way, it tries the other one. */
async function connectedBy(config: pg.ClientConfig, otherLogin?: OtherLogin): Promise<pg.Client> {
  const client = new pg.Client({ ...config, application_name: "migrate" });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const isRefused = error instanceof pg.DatabaseError && LOGIN_REFUSED.includes(error.code ?? "");
    if (otherLogin === undefined || !isRefused) throw error;
    return connectedBy(await otherLogin());
  }
}

/**
 * Brings the schema up to date: runs all outstanding migrations in one transaction, under an advisory lock. Everything
 * they make then belongs to a role that cannot log in.
 *
 * @param config the database, with a user who may change its schema
 * @param directory the folder of the migrations; default: beside this module
 * @param otherLogin gives another login when the server refuses the first one
 */
export async function handle(
  config: pg.ClientConfig,
  directory = fileURLToPath(new URL("migrations", import.meta.url)),
  otherLogin?: OtherLogin,
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
