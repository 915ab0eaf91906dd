import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { vi } from "vitest";
import { freePort } from "../../../machine/ports.ts";

/** One real redis-server. */
export interface RedisNode {
  readonly port: number;
  readonly process: ChildProcess;
  /** An operator's connection, straight to the node. */
  readonly admin: Redis;
}

/** A primary and its replica behind one name, as ElastiCache's primary endpoint is. */
export interface RedisPair {
  /** The endpoint for clients. It leads to the node that was last made primary. */
  readonly endpointUrl: string;
  readonly primary: RedisNode;
  readonly replica: RedisNode;
  /** Makes the replica the primary and lets the endpoint lead to it. Open connections stay where they are. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both, and waits until the replica has all of the primary. */
export async function startRedisPair(): Promise<RedisPair> {
  // A replica writes what it gets at first to a file.
  const directory = mkdtempSync(join(tmpdir(), `referendum-test-${process.pid}-`));
  const primary = await startNode(directory);
  const replica = await startNode(directory);
  await replica.admin.replicaof("127.0.0.1", primary.port);
  await vi.waitUntil(async () => /master_link_status:up/.test(await replica.admin.info("replication")), {
    timeout: 20_000,
  });
  let target = primary.port;
  const endpoint = await startEndpoint(() => target);
  return {
    endpointUrl: `redis://127.0.0.1:${(endpoint.server.address() as AddressInfo).port}`,
    primary,
    replica,
    async failOver() {
      await replica.admin.replicaof("NO", "ONE");
      target = replica.port;
      if (primary.process.exitCode === null && primary.process.signalCode === null) {
        await primary.admin.replicaof("127.0.0.1", replica.port);
      }
    },
    async stop() {
      endpoint.stop();
      for (const node of [primary, replica]) {
        node.admin.disconnect();
        await kill(node, "SIGTERM");
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Ends a node.
 *
 * @param node which one
 * @param signal with SIGKILL, it cannot end in order
 */
export async function kill(node: RedisNode, signal: NodeJS.Signals): Promise<void> {
  if (node.process.exitCode !== null || node.process.signalCode !== null) return;
  const gone = once(node.process, "exit");
  node.process.kill(signal);
  await gone;
}

async function startNode(directory: string): Promise<RedisNode> {
  const port = await freePort();
  const settings = [
    "--dir",
    directory,
    "--save",
    "",
    "--appendonly",
    "no",
    "--bind",
    "127.0.0.1",
    "--repl-diskless-sync-delay",
    "0",
  ];
  const server = spawn("redis-server", ["--port", String(port), ...settings], { stdio: "ignore" });
  const admin = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: null });
  // The server is not there yet, and later it is killed on purpose.
  admin.on("error", () => undefined);
  await admin.ping();
  return { port, process: server, admin };
}

/** A TCP relay. The target of new connections can change, like the address behind a DNS name. */
async function startEndpoint(target: () => number): Promise<{ server: Server; stop: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(target(), "127.0.0.1");
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
