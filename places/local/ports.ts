import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Ports } from "./front-protocol.ts";

/**
 * Finds free ports on 127.0.0.1.
 *
 * @param apiPort the API's; 0 for any
 * @throws Error that says what to do when the API's port is taken
 */
export async function choosePorts(apiPort: number): Promise<Ports> {
  const servers: Server[] = [];
  const take = async (port: number) => {
    const server = createServer();
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port was given");
    return address.port;
  };
  try {
    const api = await take(apiPort).catch((error: unknown) => {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EADDRINUSE") {
        throw new Error(
          `Port ${apiPort} is taken by another program. Stop that one, or start with another port: ` +
            "npm start -- --port 0 takes any that is free.",
        );
      }
      if (code === "EACCES") throw new Error(`Port ${apiPort} may not be used by this user: choose one above 1023.`);
      throw error;
    });
    return {
      api,
      aws: await take(0),
      sqs: await take(0),
      dynamodb: await take(0),
      redis: await take(0),
      postgres: await take(0),
    };
  } finally {
    for (const server of servers) server.close();
  }
}
