import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * The range from which ports are chosen. Linux takes ports for outgoing connections from 32768 on, other systems from
 * 49152: a port from there may be free now, and a connection's a moment later.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 31_999;

/** What this process was given: whoever asked for a port may not listen yet. */
const given = new Set<number>();
/** Processes begin at different places, so that two of them seldom look at the same port at once. */
let next = randomInt(FIRST_PORT, LAST_PORT + 1);

/**
 * Finds ports of 127.0.0.1 that are free now and all different.
 *
 * @param wanted the ports; 0 for any, which is then below those of outgoing connections
 * @throws Error with the system's code (EADDRINUSE, EACCES) when a wanted port is not available
 */
export async function freePorts(wanted: readonly number[]): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    for (const port of wanted) {
      const server = port === 0 ? await listenAnywhere() : await listen(port);
      servers.push(server.server);
      ports.push(server.port);
    }
    return ports;
  } finally {
    // Free again when this returns.
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

interface Listening {
  readonly server: Server;
  readonly port: number;
}

async function listen(port: number): Promise<Listening> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { server, port };
}

/** Listens at the next port that is free and was not given before. */
async function listenAnywhere(): Promise<Listening> {
  const size = LAST_PORT - FIRST_PORT + 1;
  // After that many ports, the first ones have long been taken or left.
  if (given.size === size) given.clear();
  for (let tried = 0; tried < size; tried++) {
    const port = next;
    next = port === LAST_PORT ? FIRST_PORT : port + 1;
    if (given.has(port)) continue;
    const found = await listen(port).catch((error: unknown) => {
      if (isTaken(error)) return undefined;
      throw error;
    });
    if (found === undefined) continue;
    given.add(port);
    return found;
  }
  throw new Error(`no port of 127.0.0.1 from ${FIRST_PORT} to ${LAST_PORT} is free: end programs that listen there`);
}

/** Another program listens there, or the system keeps the port for itself. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES");
}

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts([0]);
  return port;
}

/**
 * Whether a port of 127.0.0.1 is free now.
 *
 * @param port which one
 */
export function isFree(port: number): Promise<boolean> {
  return freePorts([port]).then(
    () => true,
    () => false,
  );
}
