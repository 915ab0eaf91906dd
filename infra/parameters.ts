import { REDIS_USER_NAMES, type RedisUser } from "../shared/domain/redis-users.ts";

/**
 * The template's parameter for the address of Redis as one user, on the stages local and localstack.
 *
 * @param user who logs in
 */
export function redisUrlParameter(user: RedisUser): string {
  return `${user.charAt(0).toUpperCase()}${user.slice(1)}RedisUrl`;
}

/**
 * The values of these parameters.
 *
 * @param urls the connection string of each user
 */
export function redisUrlParameters(urls: Readonly<Record<RedisUser, string>>): Record<string, string> {
  return Object.fromEntries(REDIS_USER_NAMES.map((user) => [redisUrlParameter(user), urls[user]]));
}
