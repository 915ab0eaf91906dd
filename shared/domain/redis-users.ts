/**
 * The users of Redis and their permissions, as ACL rules of Redis (from 6.0) and Valkey (redis.io, "ACL"). A client
 * sends `info` to find out whether a server is ready. Names of buckets contain `{`, and law ids do not, so `roll:[^{]*`
 * matches only the keys that say that a roll is complete.
 */
export const REDIS_USERS = {
  /** Asks whether Redis runs and which rolls are complete. It cannot read buckets, which hold voters. */
  health: ["~roll:[^{]*", "-@all", "+ping", "+info", "+mget"],
  /** Runs the claim's script and the commands in it. It can neither remove a voter nor mark a roll as complete. */
  validate: [
    ...["~roll:*", "-@all", "+ping", "+info", "+get", "+hget", "+hset"],
    ...["+eval", "+evalsha", "+script|load", "+script|exists"],
  ],
  /** Compares claims with PostgreSQL, and counts. It can change nothing. */
  operate: [
    ...["~roll:*", "-@all", "+ping", "+info", "+get", "+hlen", "+hgetall"],
    ...["+eval", "+evalsha", "+script|load", "+script|exists"],
  ],
  /** Fills and rebuilds rolls, reads them back, and marks them as complete. It cannot read claims. */
  roll: [
    ...["~roll:*", "-@all", "+ping", "+info", "+get", "+set", "+del", "+exists", "+wait", "+unlink"],
    ...["+hset", "+hsetnx", "+hlen", "+hkeys"],
  ],
} as const satisfies Record<string, readonly string[]>;
/** The functions that use Redis, each as the user of its name. */
export type RedisUser = keyof typeof REDIS_USERS;
export const REDIS_USER_NAMES = ["health", "validate", "operate", "roll"] as const satisfies readonly RedisUser[];

/**
 * Makes something for each user.
 *
 * @param make what, given the user's name
 */
export function forEachRedisUser<T>(make: (user: RedisUser) => T): Record<RedisUser, T> {
  return { health: make("health"), validate: make("validate"), operate: make("operate"), roll: make("roll") };
}
