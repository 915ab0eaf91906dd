import { once } from "node:events";
import { connect } from "node:net";
import { signalAll, whileFrozen } from "../../machine/processes.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import type { FaultStack, StackProcess } from "./stack.ts";

const STOPPED_WITHIN_MS = 30_000;
const STARTED_WITHIN_MS = 60_000;

/**
 * Stops a service, does something while it is away, and has it started again. The supervisor would start it at once, so
 * the supervisor is frozen meanwhile.
 *
 * @param stack the stack
 * @param name which service
 * @param signal how it is stopped
 * @param work what to do while it is away
 */
export async function whileAway(
  stack: FaultStack,
  name: Exclude<StackProcess, "front">,
  signal: NodeJS.Signals,
  work: () => Promise<void>,
): Promise<void> {
  const before = (await stack.pids())[name];
  const port = await stack.withTarget(async ({ address }) =>
    Number(new URL((name === "redis" ? address.redis.url : address.postgres.connectionString) ?? "").port),
  );
  await whileFrozen([stack.supervisor], async () => {
    signalAll([before], signal);
    await waitUntil(`${name} has stopped`, async () => !(await listens(port)), { withinMs: STOPPED_WITHIN_MS });
    await work();
  });
  const replaced = async () => (await stack.pids())[name] !== before && (await listens(port));
  await waitUntil(`${name} was started again`, replaced, { withinMs: STARTED_WITHIN_MS });
}

/** Whether a process accepts connections on a port of this machine. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
