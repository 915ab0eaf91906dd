import { afterEach, describe, expect, test, vi } from "vitest";
import { required, wholeNumber } from "../../../shared/runtime/environment.ts";
import { headerValues, httpHandler, json } from "../../../shared/runtime/http.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import { describe as describeError, metrics } from "../../../shared/runtime/log.ts";
import { publishDecided } from "../../../shared/runtime/metrics.ts";
import { once } from "../../../shared/runtime/once.ts";
import { databaseConfig } from "../../../shared/runtime/postgres.ts";
import { ProblemError } from "../../../shared/runtime/problem.ts";
import { REDIS_OPTIONS } from "../../../shared/runtime/redis.ts";
import { aContext, anEvent } from "../../support/factories.ts";

afterEach(() => vi.unstubAllEnvs());

const SEED = "a seed for tests that is longer than 32";
const secret = (changes: object = {}) => JSON.stringify({ version: 1, seed: SEED, ...changes });

const every = (text: string) => ({
  requestIdMac: text,
  idempotency: text,
  person: text,
  pepper: text,
  codeCheck: text,
  setAside: text,
  archive: text,
  macValidate: text,
  macRecord: text,
  macOutcome: text,
  seal: text,
  promise: text,
  log: text,
});

describe("the keys", () => {
  test("are thirteen different keys, even from the same seed, and the same for the same seed", () => {
    const bytes = (text: string) =>
      Object.values(Keys.fromSecrets(every(text)).ofVersion(1)).map((key) => key.export());
    const keys = bytes(secret()).map((key) => key.toString("hex"));
    expect(new Set(keys).size).toBe(13);
    expect(bytes(secret()).map((key) => key.toString("hex"))).toEqual(keys);
    expect(bytes(secret({ seed: `${SEED}!` })).map((key) => key.toString("hex"))).not.toEqual(keys);
  });

  test("come only from the secrets that were read", () => {
    const receipts = Keys.fromSecrets({ requestIdMac: secret() });
    expect(receipts.requestIdMac(1)?.equals(Keys.fromSecrets(every(secret())).ofVersion(1).requestIdMac)).toBe(true);
    expect(() => receipts.pepper("1")).toThrow("the voter pepper secret has no seed of version 1");
    expect(() => Object.values(receipts.ofVersion(1))).toThrow(/secret has no seed of version 1/);
  });

  test("of earlier versions stay after a rotation", () => {
    const before = Keys.fromSecrets(every(secret()));
    const after = Keys.fromSecrets(every(secret({ version: "2", seed: `another ${SEED}`, previous: { 1: SEED } })));
    expect(after.currentVersion).toBe(2);
    expect(after.ofVersion(1).requestIdMac.equals(before.ofVersion(1).requestIdMac)).toBe(true);
    expect(after.pepper("1")?.equals(before.ofVersion(1).pepper)).toBe(true);
    expect([after.pepper(undefined), after.requestIdMac(3)]).toEqual([undefined, undefined]);
  });

  test("of a new version serve new laws when every secret has it", () => {
    const rotated = secret({ version: 2, seed: `another ${SEED}`, previous: { 1: SEED } });
    expect(Keys.fromSecrets({ person: secret(), pepper: rotated }).currentVersion).toBe(1);
    expect(Keys.fromSecrets({ person: rotated, pepper: rotated }).currentVersion).toBe(2);
  });

  test("of a removed version are an error, not another key", () => {
    const keys = Keys.fromSecrets(every(secret()));
    expect(() => keys.ofVersion(2)).toThrow("no seed of version 2");
    expect(() => keys.pepper("2")).toThrow("no seed of version 2");
  });

  test.each([
    ["not JSON", `seed=${SEED}`],
    ["without a seed", JSON.stringify({ version: 1 })],
    ["with a short seed", secret({ seed: "short-secret-seed" })],
    ["of version 0", secret({ version: 0 })],
    ["of version 256", secret({ version: 256 })],
  ])("cannot be made of a secret that is %s; the error names its purpose and does not quote it", (_, text) => {
    expect(() => Keys.fromSecrets({ person: text })).toThrow(/^the person hash secret/);
    expect(() => Keys.fromSecrets({ person: text })).not.toThrow(/seed for tests|short-secret/);
  });
});

describe("the environment", () => {
  test("names a variable that is missing or empty", () => {
    vi.stubEnv("SOME_TABLE", "");
    expect(() => required("SOME_TABLE")).toThrow("SOME_TABLE is not set");
    vi.stubEnv("SOME_TABLE", "laws");
    expect(required("SOME_TABLE")).toBe("laws");
  });

  test.each(["-1", "1.5", "x", "1e400"])("refuses %s as a whole number", (text) => {
    vi.stubEnv("SOME_SECONDS", text);
    expect(() => wholeNumber("SOME_SECONDS", 5)).toThrow("SOME_SECONDS must be a whole number");
  });

  test("reads a whole number, or gives the default when the variable is not set", () => {
    vi.stubEnv("SOME_SECONDS", "7");
    expect([wholeNumber("SOME_SECONDS", 5), wholeNumber("OTHER_SECONDS", 5)]).toEqual([7, 5]);
  });

  test("says where the database is", () => {
    vi.stubEnv("DATABASE_URL", "postgresql://x");
    expect(databaseConfig()).toEqual({ connectionString: "postgresql://x" });
    vi.stubEnv("DATABASE_URL", "");
    vi.stubEnv("DATABASE_HOST", "");
    expect(() => databaseConfig()).toThrow("DATABASE_HOST is not set");
  });
});

describe("what a cold start builds", () => {
  test("is built once, and again after a failure", async () => {
    let builds = 0;
    const get = once(async () => {
      builds += 1;
      if (builds === 1) throw new Error("away");
      return builds;
    });
    await expect(get()).rejects.toThrow("away");
    expect(await Promise.all([get(), get(), get()])).toEqual([2, 2, 2]);
  });
});

describe("an API function", () => {
  test("answers with a thrown problem, and with 503 without the cause for any other error", async () => {
    const thrower = (error: Error) =>
      httpHandler(
        async () => undefined,
        () => Promise.reject(error),
      )(anEvent(), aContext());
    expect((await thrower(new ProblemError("no-such-law", { detail: "none" }))).statusCode).toBe(404);
    const other = await thrower(new Error("password=hunter2"));
    expect([other.statusCode, other.headers?.["retry-after"]]).toEqual([503, "2"]);
    expect(other.body).not.toContain("hunter2");
  });

  test("fails when it cannot start, so that Lambda counts an error, and starts again at the next request", async () => {
    let isSet = false;
    const handler = httpHandler(
      async () => {
        if (!isSet) throw new Error("the environment variable VOTES_QUEUE_URL is not set");
        return "services";
      },
      async (_, services) => json(200, { services }),
    );
    await expect(handler(anEvent(), aContext())).rejects.toThrow("VOTES_QUEUE_URL is not set");
    isSet = true;
    expect(await handler(anEvent(), aContext())).toMatchObject({ statusCode: 200, body: '{"services":"services"}' });
  });

  test("is never cached unless it says so", () => {
    expect(json(200, {}).headers).toEqual({ "content-type": "application/json", "cache-control": "no-store" });
    expect(json(200, {}, { "cache-control": "public" }).headers).toMatchObject({ "cache-control": "public" });
  });

  test("reads headers in any case, one or several, in both forms of events", () => {
    const both = anEvent({ headers: { ACCEPT: "a" }, multiValueHeaders: { Accept: ["a", "b"] } });
    expect(headerValues(both, "accept")).toEqual(["a", "b"]);
    expect(headerValues(anEvent({ headers: { ACCEPT: "a" }, multiValueHeaders: {} }), "accept")).toEqual(["a"]);
    expect(headerValues(both, "origin")).toEqual([]);
    const mixed = anEvent({ headers: {}, multiValueHeaders: { Accept: ["a"], accept: ["b", "c"] } });
    expect(headerValues(mixed, "accept")).toEqual(["a", "b", "c"]);
  });
});

describe("what is logged of an error", () => {
  test("is its name, message and code, never its detail", () => {
    const error = Object.assign(new TypeError("no"), { code: "23505", detail: "Key (voter_hash)=(ab) exists" });
    expect(describeError(error)).toEqual({ name: "TypeError", message: "no", code: "23505" });
    expect(describeError("text")).toEqual({ name: "Unknown", message: "text" });
  });
});

describe("Redis", () => {
  test("is tried again after a failover, after a short time and only once", () => {
    expect(REDIS_OPTIONS.reconnectOnError(new Error("READONLY You can't write"))).toBe(2);
    expect(REDIS_OPTIONS.reconnectOnError(new Error("ERR wrong"))).toBe(false);
    expect([1, 2, 30].map(REDIS_OPTIONS.retryStrategy)).toEqual([100, 200, 1_000]);
  });
});

describe("what a batch decided", () => {
  test("is published over all laws as two figures: decided votes, and invalid ones among them", () => {
    const add = vi.spyOn(metrics, "addMetric");
    const publish = vi.spyOn(metrics, "publishStoredMetrics").mockReturnThis();
    publishDecided([
      { metric: "VotesDecidedAccepted" },
      { metric: "VotesDecidedInvalid" },
      { metric: "VotesDecidedDuplicate" },
      { metric: "VotesUndecided" },
    ]);
    expect(add.mock.calls.map(([name, , value]) => [name, value])).toEqual([
      ["VotesDecided", 3],
      ["VotesDecidedInvalid", 1],
    ]);
    publishDecided([{ metric: "RollNotLoaded" }]);
    expect(publish).toHaveBeenCalledTimes(1);
    metrics.clearMetrics();
    vi.restoreAllMocks();
  });
});
