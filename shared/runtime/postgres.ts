import { readFileSync } from "node:fs";
import { Signer } from "@aws-sdk/rds-signer";
import pg from "pg";
import { required, wholeNumber } from "./environment.ts";
import { describe, log } from "./log.ts";

/**
 * Shorter than every consumer's time limit, so that a database that does not answer causes an error and not a killed
 * function.
 */
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 4_000;
/** The server itself stops long statements. This limit is for a server that does not answer at all. */
const ANSWER_GRACE_MS = 500;

/**
 * Where the database is, from the environment: `DATABASE_URL`, whose user takes the role `DATABASE_ROLE`, or on AWS
 * `DATABASE_HOST`, `_PORT`, `_NAME` and `_USER` with a token of IAM as the password and the server's certificate
 * checked against the bundle beside the function.
 */
export function databaseConfig(): pg.ClientConfig {
  const url = process.env["DATABASE_URL"];
  if (url !== undefined && url !== "") {
    const role = process.env["DATABASE_ROLE"];
    return { connectionString: url, ...(role ? { options: `-c role=${role}` } : {}) };
  }
  const host = required("DATABASE_HOST");
  const port = wholeNumber("DATABASE_PORT", 5432);
  const user = required("DATABASE_USER");
  const signer = new Signer({ hostname: host, port, username: user });
  return {
    host,
    port,
    user,
    database: required("DATABASE_NAME"),
    password: () => signer.getAuthToken(),
    ssl: { ca: readFileSync(new URL("rds-ca.pem", import.meta.url), "utf8") },
  };
}

/** Whether the database is behind RDS Proxy, as on the AWS stages, which log in by token. */
function throughProxy(): boolean {
  return process.env["DATABASE_AUTH"] === "iam";
}

/**
 * A pool of one connection: an execution environment takes one event at a time, and hardly any needs more. The next
 * event replaces a broken connection. `DATABASE_TIMEOUT_MS` shortens the wait for a connection and for an answer.
 * Readers give up early, because many readers that wait for a database would use up the concurrency that votes need.
 *
 * @param connections how many at most
 */
export function databasePool(connections = 1): pg.Pool {
  const connectMs = wholeNumber("DATABASE_TIMEOUT_MS", CONNECT_TIMEOUT_MS);
  const statementMs = wholeNumber("DATABASE_TIMEOUT_MS", STATEMENT_TIMEOUT_MS);
  const pool = new pg.Pool({
    ...databaseConfig(),
    max: connections,
    connectionTimeoutMillis: connectMs,
    // RDS Proxy refuses the startup parameter. There the migrations set the limit for the roles.
    ...(throughProxy() ? {} : { statement_timeout: statementMs }),
    query_timeout: statementMs + Math.min(ANSWER_GRACE_MS, statementMs / 2),
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: process.env["POWERTOOLS_SERVICE_NAME"] ?? "referendum",
  });
  // Without a listener, a connection that breaks while it waits for a query would end the process: an idle one, and
  // one that a transaction holds. There the next query says so.
  pool.on("error", (error) => log.warn("an idle database connection broke", { cause: describe(error) }));
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
