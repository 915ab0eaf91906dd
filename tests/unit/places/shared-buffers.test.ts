import { expect, it } from "vitest";
import { sharedBuffersMib } from "../../../places/local/services/shared-buffers.ts";

const GIB = 2 ** 30;

it.each([
  [256 * 2 ** 20, 128],
  [2 * GIB, 512],
  [4 * GIB, 1024],
  [64 * GIB, 1024],
])("a machine of %i bytes of memory gives PostgreSQL %i MiB for tables and indexes", (machineBytes, mib) => {
  expect(sharedBuffersMib(machineBytes)).toBe(mib);
});

it("asks this machine when it is told none", () => {
  expect(sharedBuffersMib()).toBeGreaterThanOrEqual(128);
  expect(sharedBuffersMib()).toBeLessThanOrEqual(1024);
});
