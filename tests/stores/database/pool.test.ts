import { afterEach, describe, expect, it, vi } from "vitest";
import { databaseConfig, databasePool } from "../../../shared/runtime/postgres.ts";

const CERTIFICATES = vi.hoisted(() => "-----BEGIN CERTIFICATE-----");
// The bundle lies beside a bundled function, not beside its source.
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  readFileSync: () => CERTIFICATES,
}));

describe("a function's connection to PostgreSQL", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.useRealTimers();
  });

  it("sends RDS Proxy no startup parameter that it refuses, and checks its certificate", async () => {
    vi.stubEnv("DATABASE_URL", "");
    vi.stubEnv("DATABASE_AUTH", "iam");
    vi.stubEnv("DATABASE_HOST", "proxy.example");
    vi.stubEnv("DATABASE_NAME", "election_db");
    vi.stubEnv("DATABASE_USER", "referendum_writer");
    vi.stubEnv("AWS_REGION", "ca-central-1");
    const pool = databasePool();
    expect(pool.options).not.toHaveProperty("statement_timeout");
    expect(pool.options).toMatchObject({
      user: "referendum_writer",
      host: "proxy.example",
      max: 1,
      ssl: { ca: CERTIFICATES },
    });
    await pool.end();
  });

  it("logs in with a token made for each connection, so that no password can grow old in a warm function", async () => {
    for (const [name, value] of Object.entries({
      DATABASE_URL: "",
      DATABASE_HOST: "proxy.example",
      DATABASE_NAME: "election_db",
      DATABASE_USER: "referendum_writer",
      AWS_REGION: "ca-central-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    })) {
      vi.stubEnv(name, value);
    }
    vi.useFakeTimers({ toFake: ["Date"] });
    const { password } = databaseConfig();
    if (typeof password !== "function") throw new Error("the password is no function");
    const dates = [];
    for (const now of ["2026-11-22T08:00:00Z", "2026-11-22T20:00:00Z"]) {
      vi.setSystemTime(new Date(now));
      dates.push(new URL(`https://${await password()}`).searchParams.get("X-Amz-Date"));
    }
    expect(dates).toEqual(["20261122T080000Z", "20261122T200000Z"]);
  });

  it("gives up early if the environment says so, both on connecting and on waiting for an answer", async () => {
    vi.stubEnv("DATABASE_URL", "postgresql://election_user@127.0.0.1:1/election_db");
    vi.stubEnv("DATABASE_TIMEOUT_MS", "1000");
    const pool = databasePool();
    expect(pool.options).toMatchObject({
      connectionTimeoutMillis: 1000,
      statement_timeout: 1000,
      query_timeout: 1500,
    });
    await pool.end();
  });

  it("takes its role elsewhere, where it logs in as the owner of the database", async () => {
    vi.stubEnv("DATABASE_URL", "postgresql://election_user@127.0.0.1:1/election_db");
    vi.stubEnv("DATABASE_ROLE", "referendum_writer");
    const pool = databasePool();
    expect(pool.options).toMatchObject({ options: "-c role=referendum_writer" });
    await pool.end();
  });

  it("has a time limit for statements elsewhere", async () => {
    vi.stubEnv("DATABASE_URL", "postgresql://election_user@127.0.0.1:1/election_db");
    const pool = databasePool();
    expect(pool.options).toMatchObject({ statement_timeout: 4000 });
    await pool.end();
  });
});
