import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/**
 * Finds ports of 127.0.0.1 that are free now and all different.
 *
 * @param wanted the ports; 0 for any
 * @throws Error with the system's code (EADDRINUSE, EACCES) when a wanted port is not available
 */
export async function freePorts(wanted: readonly number[]): Promise<number[]> {
  const servers: Server[] = [];
  try {
    for (const port of wanted) {
      const server = createServer();
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      servers.push(server);
    }
    return servers.map((server) => (server.address() as AddressInfo).port);
  } finally {
    for (const server of servers) server.close();
  }
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
