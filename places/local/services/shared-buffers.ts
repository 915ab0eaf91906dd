import { totalmem } from "node:os";

const MIB = 2 ** 20;
/** What the hashes of eight million voters keep in use while they are loaded: the two indexes and the newest rows. */
const MOST_SHARED_BUFFERS_MIB = 1024;
const LEAST_SHARED_BUFFERS_MIB = 128;

/**
 * How much memory PostgreSQL may keep tables and indexes in, in MiB: a quarter of the machine's, which is PostgreSQL's
 * own advice. Memory is taken only as tables grow into it, so a small roll costs none. With too little, every
 * voter of a large roll costs a read and a write of two index pages.
 *
 * @param machineBytes the memory of the machine or of its container
 */
export function sharedBuffersMib(machineBytes: number = availableBytes()): number {
  const quarter = Math.floor(machineBytes / 4 / MIB);
  return Math.min(MOST_SHARED_BUFFERS_MIB, Math.max(LEAST_SHARED_BUFFERS_MIB, quarter));
}

/** A container's limit counts where there is one. Node gives 0, or more than the machine has, where there is none. */
function availableBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
