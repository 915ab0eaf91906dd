import { devNull } from "node:os";

/**
 * What a local stack takes from the environment of the person who starts it. Everything else stays outside: a profile
 * of AWS, a database's address or mode, a proxy and options of Node.js would change what servers and functions do.
 */
const TAKEN = /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TMP|TEMP|REFERENDUM_\w+)$/;

/** Variables that clients of AWS and of PostgreSQL read behind the program's back. */
const OF_USERS_SERVERS = /^(AWS_|PG[A-Z])/;

/** Keep the SDK from reading the profiles of the person who runs this. */
const NO_PROFILES = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };

/** A process that was started with NODE_USE_ENV_PROXY=1 uses a proxy to its end, and looks here for each request. */
const NO_PROXY = { NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" };

/**
 * The environment of a local stack's processes.
 *
 * @param users the environment of the person who starts it
 */
export function stackEnvironment(users: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const taken = Object.entries(users).filter(([name]) => TAKEN.test(name));
  return { ...Object.fromEntries(taken), ...NO_PROFILES, ...NO_PROXY };
}

/**
 * Gives this process, and what it starts from now on, the environment of a local stack.
 *
 * @returns what its environment was
 */
export function takeStackEnvironment(): NodeJS.ProcessEnv {
  const users = { ...process.env };
  const taken = stackEnvironment(users);
  for (const name of Object.keys(users)) if (!(name in taken)) delete process.env[name];
  Object.assign(process.env, taken);
  return users;
}

/**
 * An environment without what clients of AWS and of PostgreSQL read, for programs that are told where LocalStack is.
 *
 * @param users the environment of the person who starts them
 */
export function withoutUsersServers(users: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const rest = Object.entries(users).filter(([name]) => !OF_USERS_SERVERS.test(name));
  return { ...Object.fromEntries(rest), ...NO_PROFILES };
}

/** Has the clients that this process makes from now on use what they are told, not what the user's environment names. */
export function ignoreUsersServers(): void {
  for (const name of Object.keys(process.env)) if (OF_USERS_SERVERS.test(name)) delete process.env[name];
  Object.assign(process.env, NO_PROFILES, NO_PROXY);
}

/**
 * Whether programs such as curl would send a request through a proxy.
 *
 * @param users the environment of the person who would start them
 */
export function usesProxy(users: Readonly<NodeJS.ProcessEnv>): boolean {
  return ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].some((name) => (users[name] ?? "") !== "");
}
