import { afterEach, describe, expect, test, vi } from "vitest";
import { withoutProxyForLoopback } from "../../../bin/run.mjs";
import { toolEnvironment } from "../../../places/localstack/settings.ts";
import { ignoreUsersServers, stackEnvironment, usesProxy } from "../../../places/stack-environment.ts";
import { HOSTILE_ENVIRONMENT } from "../../support/hostile-environment.ts";

const before = { ...process.env };

afterEach(() => {
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

describe("the environment of a local stack", () => {
  test("has no variable of the user except those for programs and folders", () => {
    const users = { PATH: "/bin", HOME: "/home/x", REFERENDUM_DEBUG: "1", ...HOSTILE_ENVIRONMENT };
    expect(Object.entries(stackEnvironment(users)).sort()).toEqual([
      ["AWS_CONFIG_FILE", "/dev/null"],
      ["AWS_SHARED_CREDENTIALS_FILE", "/dev/null"],
      ["HOME", "/home/x"],
      ["NO_PROXY", "127.0.0.1,localhost"],
      ["PATH", "/bin"],
      ["REFERENDUM_DEBUG", "1"],
      ["no_proxy", "127.0.0.1,localhost"],
    ]);
  });

  test("is also used by commands that reach it", () => {
    for (const [name, value] of Object.entries(HOSTILE_ENVIRONMENT)) vi.stubEnv(name, value);
    ignoreUsersServers();
    expect(
      Object.keys(process.env)
        .filter((name) => /^(AWS_|PG)/.test(name))
        .sort(),
    ).toEqual(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]);
  });
});

test("LocalStack and the tools that deploy to it get only given settings of AWS and PostgreSQL, none of the user", () => {
  for (const [name, value] of Object.entries(HOSTILE_ENVIRONMENT)) vi.stubEnv(name, value);
  const environment = toolEnvironment("http://127.0.0.1:4566");
  const named = Object.keys(environment).filter((name) => /^(AWS_|PG)/.test(name));
  expect(named.sort()).toEqual([
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SHARED_CREDENTIALS_FILE",
  ]);
});

describe("a proxy", () => {
  test.each(["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])("is the one in %s, as for curl", (name) => {
    expect([usesProxy({ [name]: "http://proxy.example" }), usesProxy({ [name]: "" })]).toEqual([true, false]);
  });

  test("is not used for this machine, and the user's exceptions stay", () => {
    expect(withoutProxyForLoopback({})["NO_PROXY"]).toBe("127.0.0.1,localhost,::1");
    expect(withoutProxyForLoopback({ no_proxy: "example.org" })).toMatchObject({
      NO_PROXY: "example.org,127.0.0.1,localhost,::1",
      no_proxy: "example.org,127.0.0.1,localhost,::1",
    });
  });
});
