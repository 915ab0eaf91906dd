import { mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { choosePorts } from "../../../places/local/ports.ts";
import { findRedis, redisService } from "../../../places/local/services/redis.ts";
import { forEachRedisUser } from "../../../shared/domain/redis-users.ts";
import { redisClient } from "../../../shared/runtime/redis.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";

const progress = { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };
const secret = { value: "first", reads: 0 };
/** Secrets Manager, as far as it is asked. */
const secretsManager = createServer((request, response) => {
  request.resume();
  secret.reads += 1;
  response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ SecretString: secret.value }));
});

let directory: string;
let end: () => Promise<void>;
let admin: Redis;
let client: Redis;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), `referendum-redis-password-${process.pid}-`));
  const { redis: port } = await choosePorts(0);
  const log = join(directory, "redis.log");
  const passwords = { ...forEachRedisUser(() => "another"), validate: secret.value };
  const service = redisService(
    await findRedis(progress),
    directory,
    port,
    { fd: openSync(log, "a"), path: log },
    passwords,
  );
  const child = service.spawn();
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  end = async () => {
    service.stop(child);
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
  await service.ready(child);
  await new Promise<void>((resolve) => secretsManager.listen(0, "127.0.0.1", resolve));
  admin = new Redis(`redis://127.0.0.1:${port}`);
  for (const [name, value] of Object.entries({
    AWS_REGION: "ca-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secretsManager.address() as AddressInfo).port}`,
    REDIS_URL: `redis://127.0.0.1:${port}`,
    REDIS_USER: "validate",
    REDIS_AUTH_SECRET_ARN: "redis-validate",
  })) {
    vi.stubEnv(name, value);
  }
}, 60_000);
afterEach(() => client?.disconnect());
afterAll(async () => {
  admin?.disconnect();
  secretsManager.close();
  await end?.();
  vi.unstubAllEnvs();
});

/** Gives the user another password and ends its connections, as a failover or a quiet hour would. */
async function changePassword(to: string): Promise<void> {
  await admin.call("ACL", "SETUSER", "validate", "resetpass", `>${to}`);
  await admin.call("CLIENT", "KILL", "USER", "validate");
}

/** What a batch meets: an answer, or why there is none. */
function ask(): Promise<string> {
  return client.get("roll:{L1}:meta").then(
    () => "answered",
    (error: Error) => error.message,
  );
}

it("a warm function connects with the new password of its secret, and needs no deployment", async () => {
  client = await redisClient();
  expect(await ask()).toBe("answered");
  secret.value = "second";
  await changePassword("second");
  await waitUntil("it is connected again", async () => (await ask()) === "answered", { withinMs: 15_000 });
});

it("as long as the secret has the old password it is read every ten seconds at most", async () => {
  client = await redisClient();
  expect(await ask()).toBe("answered");
  await changePassword("third");
  const before = secret.reads;
  let refused = 0;
  const refusedOften = async () => {
    if (/WRONGPASS/.test(await ask())) refused += 1;
    return refused >= 3;
  };
  await waitUntil("it is refused three times", refusedOften, { withinMs: 9_000 });
  expect(secret.reads - before).toBe(1);
});
