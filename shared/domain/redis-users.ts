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
  /** Loading, rebuilding and comparing rolls. */
  operator: [
    ...["~roll:*", "-@all", "+ping", "+info", "+get", "+set", "+del", "+exists", "+wait", "+unlink"],
    ...["+hset", "+hsetnx", "+hlen", "+hgetall", "+eval", "+evalsha", "+script|load", "+script|exists"],
  ],
} as const satisfies Record<string, readonly string[]>;
export type RedisUser = keyof typeof REDIS_USERS;
