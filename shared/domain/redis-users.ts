/**
 * Who uses Redis, and what each may do there: ACL rules as Redis (from 6.0) and Valkey know them (redis.io, "ACL"). `info`
 * is what a client asks before it believes that a server is ready. Law ids have no `{`, which only buckets' names have:
 * `roll:[^{]*` are the keys that say that a roll is complete.
 */
export const REDIS_USERS = {
  /** Is it there, and which rolls are complete? No bucket, where voters are. */
  health: ["~roll:[^{]*", "-@all", "+ping", "+info", "+mget"],
  /** The claim's script and what it calls: it cannot take a voter off, nor say that a roll is complete. */
  validate: [
    ...["~roll:*", "-@all", "+ping", "+info", "+get", "+hget", "+hset"],
    ...["+eval", "+evalsha", "+script|load", "+script|exists"],
  ],
  /** Loading, rebuilding and comparing rolls. */
  operator: [
    ...["~roll:*", "-@all", "+ping", "+info", "+get", "+set", "+del", "+exists", "+wait", "+unlink"],
    ...["+hset", "+hsetnx", "+hlen", "+hgetall", "+eval", "+evalsha", "+script|load", "+script|exists"],
  ],
} as const satisfies Record<string, readonly string[]>;
export type RedisUser = keyof typeof REDIS_USERS;
