import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { MIGRATIONS } from "../support/votes.ts";

/** As RDS makes its master user: it may make roles and owns the database, and is no superuser. */
const ADMINISTRATOR = "administrator";

let servers: Servers;
let superuser: pg.Client;
beforeAll(async () => {
  servers = await startServers();
  superuser = new pg.Client(servers.postgresUrl);
  await superuser.connect();
  await superuser.query(`create role ${ADMINISTRATOR} login createrole password 'right'`);
  await superuser.query(`alter database election_db owner to ${ADMINISTRATOR}`);
  const rules = [`host all ${ADMINISTRATOR} 127.0.0.1/32 scram-sha-256`, "host all all 127.0.0.1/32 trust"];
  writeFileSync(join(servers.directory, "postgres", "pg_hba.conf"), `${rules.join("\n")}\n`);
  await superuser.query("select pg_reload_conf()");
});
afterAll(async () => {
  await superuser?.end();
  await servers?.stop();
});

function loginWith(password: string): pg.ClientConfig {
  const { hostname, port } = new URL(servers.postgresUrl);
  return { host: hostname, port: Number(port), user: ADMINISTRATOR, database: "election_db", password };
}

describe("the administrator of an AWS database", () => {
  it("becomes a member of rds_iam with the first role that authenticates by token, and RDS takes its password no more", async () => {
    await superuser.query("create role rds_iam nologin");
    const administrator = new pg.Client(loginWith("right"));
    await administrator.connect();
    await administrator.query("create role by_token login");
    await administrator.end();
    await superuser.query("grant rds_iam to by_token");
    const { rows } = await superuser.query("select pg_has_role($1, 'rds_iam', 'member') as member", [ADMINISTRATOR]);
    expect(rows).toEqual([{ member: true }]);
    await superuser.query("drop role by_token; drop role rds_iam");
  });

  it("migrates with the second login when the first is refused", async () => {
    const { applied } = await migrate(loginWith("wrong"), MIGRATIONS, async () => loginWith("right"));
    expect(applied).toContain("0003_roles");
    expect(await migrate(loginWith("wrong"), MIGRATIONS, async () => loginWith("right"))).toEqual({ applied: [] });
  });

  it("does not ask for the second login when the first works: after a restore, its secret may be gone", async () => {
    const gone = async () => Promise.reject(new Error("Secrets Manager can't find the specified secret."));
    expect(await migrate(loginWith("right"), MIGRATIONS, gone)).toEqual({ applied: [] });
  });

  it("fails when both logins are refused, and does not try the second after another error", async () => {
    await expect(migrate(loginWith("wrong"), MIGRATIONS, async () => loginWith("wrong"))).rejects.toMatchObject({
      code: "28P01",
    });
    const nowhere = { ...loginWith("right"), database: "no_such_database" };
    await expect(migrate(nowhere, MIGRATIONS, async () => loginWith("right"))).rejects.toMatchObject({ code: "3D000" });
  });
});
