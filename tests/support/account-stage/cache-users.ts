import { Redis } from "ioredis";
import { z } from "zod";
import type { Template } from "./literal.ts";

/** A user that ElastiCache would make. */
export interface CacheUser {
  readonly name: string;
  /** ACL rules. */
  readonly access: string;
  /** The logical id of the secret that holds the password. */
  readonly secret: string;
}

const User = z.object({
  UserName: z.string(),
  AccessString: z.string(),
  AuthenticationMode: z.object({
    // {{resolve:secretsmanager:<ARN>:SecretString:::}}
    Passwords: z.tuple([
      z.object({ "Fn::Join": z.tuple([z.string(), z.tuple([z.string(), z.object({ Ref: z.string() }), z.string()])]) }),
    ]),
  }),
});

/**
 * The users of Redis that a template makes. Not the one who has not logged in: the tests look at Redis as that one.
 *
 * @param template as it was synthesized
 */
export function cacheUsersOf(template: Template): CacheUser[] {
  return Object.values(template.Resources)
    .filter(({ Type }) => Type === "AWS::ElastiCache::User")
    .map(({ Properties }) => User.parse(Properties))
    .filter(({ UserName }) => UserName !== "default")
    .map(({ UserName, AccessString, AuthenticationMode: { Passwords } }) => ({
      name: UserName,
      access: AccessString,
      secret: Passwords[0]["Fn::Join"][1][1].Ref,
    }));
}

/**
 * Makes the users in a Redis, as ElastiCache would.
 *
 * @param port Redis' port on 127.0.0.1
 * @param users who
 * @param passwordOf what a secret holds, by its logical id
 */
export async function makeCacheUsers(
  port: number,
  users: readonly CacheUser[],
  passwordOf: (secret: string) => Promise<string>,
): Promise<void> {
  const redis = new Redis({ port, host: "127.0.0.1" });
  try {
    for (const { name, access, secret } of users) {
      await redis.call("ACL", "SETUSER", name, "reset", `>${await passwordOf(secret)}`, ...access.split(" "));
    }
  } finally {
    redis.disconnect();
  }
}

/** Forgets everything that a Redis holds, users excepted. @param port its port on 127.0.0.1 */
export async function emptyCache(port: number): Promise<void> {
  const redis = new Redis({ port, host: "127.0.0.1" });
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}
