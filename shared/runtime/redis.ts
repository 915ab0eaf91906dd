import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { Redis, type RedisOptions } from "ioredis";
import { secretsManagerClient } from "./aws-clients.ts";
import { required } from "./environment.ts";
import { describe, log } from "./log.ts";

/**
 * Whether a server refused a command because it is a replica. Raised inside a script the answer comes wrapped on some
 * servers: "ERR Error running script (call to f_…): @user_script:3: -READONLY You can't write …" (Redis before 7).
 * MASTERDOWN is what a replica says that has lost its primary.
 */
function isOfReplica({ message }: Error): boolean {
  return /(?:^|[\s-])READONLY You can't write|^MASTERDOWN /.test(message);
}

/**
 * How the functions use Redis. A command fails soon and does not wait for a server that is away, because the queue
 * delivers the message again. After a failover the client reconnects and so finds the new primary.
 */
export const REDIS_OPTIONS = {
  lazyConnect: true,
  connectTimeout: 2_000,
  commandTimeout: 3_000,
  maxRetriesPerRequest: 1,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, 1_000),
  // After a failover the old primary answers READONLY: connect again and send the command there.
  reconnectOnError: (error: Error) => (isOfReplica(error) ? 2 : false),
} satisfies RedisOptions;

/**
 * Connects to the Redis of the environment: `REDIS_URL`, which has user and password elsewhere; on AWS they are
 * `REDIS_USER` and the value of `REDIS_AUTH_SECRET_ARN`, which is read again when it is refused.
 */
export async function redisClient(): Promise<Redis> {
  const secretId = process.env["REDIS_AUTH_SECRET_ARN"];
  const login =
    secretId === undefined || secretId === ""
      ? {}
      : { username: required("REDIS_USER"), password: await redisPassword(secretId) };
  const redis = new Redis(required("REDIS_URL"), { ...REDIS_OPTIONS, ...login });
  redis.on("error", (error: unknown) => log.warn("Redis connection", { cause: describe(error) }));
  if (secretId !== undefined && secretId !== "") followPassword(redis, secretId);
  return redis;
}

/** What Redis says of a password that it does not take, or misses. */
const LOGIN_REFUSED = /WRONGPASS|NOAUTH/;
/** How often the secret is read again at most. */
const READ_AGAIN_AFTER_MS = 10_000;

/**
 * Follows a change of the password, which ends no connection but refuses each new one: the secret is read again, and
 * the next of the client's tries to connect has the new value.
 */
function followPassword(redis: Redis, secretId: string): void {
  let notBeforeMs = 0;
  redis.on("error", (error: unknown) => {
    if (!(error instanceof Error) || !LOGIN_REFUSED.test(error.message) || performance.now() < notBeforeMs) return;
    notBeforeMs = performance.now() + READ_AGAIN_AFTER_MS;
    redisPassword(secretId).then(
      (password) => {
        redis.options.password = password;
      },
      (cause: unknown) => {
        notBeforeMs = 0;
        log.warn("the password of Redis was refused and could not be read again", { cause: describe(cause) });
      },
    );
  });
}

async function redisPassword(secretId: string): Promise<string> {
  const { SecretString } = await secretsManagerClient().send(new GetSecretValueCommand({ SecretId: secretId }));
  if (SecretString === undefined) throw new Error(`the secret ${secretId} has no text value`);
  return SecretString;
}
