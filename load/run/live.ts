import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Serves a page on loopback while a load runs.
 *
 * @param page the page as it is now; whether its reader has paused it
 * @returns its address, and how to stop
 */
export async function serveLive(
  page: (isPaused: boolean) => string,
): Promise<{ readonly url: string; readonly stop: () => void }> {
  const server = createServer((request, response) => {
    const isPaused = request.url?.endsWith("?paused") ?? false;
    response
      .writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
      .end(page(isPaused));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
