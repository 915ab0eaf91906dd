import { devNull } from "node:os";

/**
 * The variables that a local stack inherits from the person who starts it. It inherits no others, because an AWS
 * profile, a database's address or mode, a proxy or options of Node.js would change the behaviour of servers and
 * functions.
 */
const TAKEN = /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TMP|TEMP|REFERENDUM_\w+)$/;

/** Variables that clients of AWS and of PostgreSQL read by themselves. */
const OF_USERS_SERVERS = /^(AWS_|PG[A-Z])/;

/** Keep the SDK from reading the profiles of the person who runs this. */
const NO_PROFILES = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };

/** A process that was started with NODE_USE_ENV_PROXY=1 uses a proxy to its end, and reads these for each request. */
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
 * @returns its environment before
 */
export function takeStackEnvironment(): NodeJS.ProcessEnv {
  const users = { ...process.env };
  const taken = stackEnvironment(users);
  for (const name of Object.keys(users)) if (!(name in taken)) delete process.env[name];
  Object.assign(process.env, taken);
  return users;
}

/**
 * An environment without the variables that clients of AWS and of PostgreSQL read, for programs that get the address of
 * LocalStack in another way.
 *
 * @param users the environment of the person who starts them
 */
export function withoutUsersServers(users: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const rest = Object.entries(users).filter(([name]) => !OF_USERS_SERVERS.test(name));
  return { ...Object.fromEntries(rest), ...NO_PROFILES };
}

/** Makes clients that this process creates from now on ignore the user's environment. */
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
