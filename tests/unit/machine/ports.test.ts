import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePort, freePorts, isFree } from "../../../machine/ports.ts";

const servers: Server[] = [];

async function listenAt(port: number): Promise<void> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe("a free port", () => {
  test("is below those of outgoing connections, and is given once", async () => {
    const ports = [...(await freePorts(Array.from({ length: 20 }, () => 0))), await freePort(), await freePort()];
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(10_000);
      expect(port).toBeLessThan(32_768);
      expect(await isFree(port)).toBe(true);
    }
    expect(new Set(ports).size).toBe(ports.length);
  });

  test("is given once, also to those who ask at the same moment", async () => {
    const ports = (await Promise.all(Array.from({ length: 10 }, () => freePorts([0, 0])))).flat();
    expect(new Set(ports).size).toBe(20);
  });

  test("a free port is never one at which somebody listens", async () => {
    const last = await freePort();
    const taken: number[] = [];
    for (let port = last + 1; taken.length < 3 && port < 31_999; port++) {
      if (!(await isFree(port))) continue;
      await listenAt(port);
      taken.push(port);
    }
    const ports = await freePorts([0, 0, 0]);
    expect(ports.filter((port) => taken.includes(port))).toEqual([]);
    expect(taken.every((port) => port > last)).toBe(true);
  });
});

test("a wanted port is taken as it is, or refused with the system's code", async () => {
  const port = await freePort();
  expect(await freePorts([port])).toEqual([port]);
  await listenAt(port);
  await expect(freePorts([port])).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(await isFree(port)).toBe(false);
});
