import { afterEach, describe, expect, it, vi } from "vitest";
import { accountDatabase } from "../../../places/aws.ts";

afterEach(() => vi.unstubAllEnvs());

describe("an operator's connection to the database of an account", () => {
  const outputs = { DatabaseHost: "db.example", DatabaseName: "election_db" };

  it("is that of the operators' role, by a token of IAM and with TLS, and never the administrator's", () => {
    vi.stubEnv("DATABASE_URL", "");
    const config = accountDatabase(outputs, "ca-central-1");
    expect(config).toMatchObject({ host: "db.example", port: 5432, user: "referendum_operator" });
    expect(config.password).toBeTypeOf("function");
    expect(config.ssl).toBeTypeOf("object");
  });

  it("is what DATABASE_URL says, over a port that is forwarded", () => {
    vi.stubEnv("DATABASE_URL", "postgresql://somebody@127.0.0.1:5433/election_db");
    expect(accountDatabase(outputs, "ca-central-1")).toEqual({
      connectionString: "postgresql://somebody@127.0.0.1:5433/election_db",
    });
  });
});
