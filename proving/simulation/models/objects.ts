import { hash } from "node:crypto";
import type { ObjectStore } from "../../../shared/stores/objects.ts";
import type { Process } from "../scheduler.ts";
import { CALL_FAULTS } from "./sqs.ts";

/** A bucket, which no restore of PostgreSQL takes back. A write may arrive although its answer does not. */
export class SimObjects {
  readonly bodies = new Map<string, Buffer>();
  /** Told of every object that is written, just after. */
  onPut: (key: string, body: Buffer) => void = () => undefined;

  /**
   * The bucket as a process uses it.
   *
   * @param process who calls
   */
  port(process: Process): ObjectStore {
    const call = <T>(label: string, effect: () => T) =>
      process.step(`bucket: ${label}`, effect, { faults: CALL_FAULTS });
    const read = (key: string) => {
      const body = this.bodies.get(key);
      return body && { body, tag: hash("sha256", body) };
    };
    return {
      put: (key, body, { once = false, replaces } = {}) =>
        call(`put ${key.split("/").slice(2).join("/")}`, () => {
          if (once && this.bodies.has(key)) return false;
          if (replaces !== undefined && read(key)?.tag !== replaces) return false;
          this.bodies.set(key, Buffer.from(body));
          this.onPut(key, Buffer.from(body));
          return true;
        }),
      remove: (key) => call(`remove ${key.split("/").slice(2).join("/")}`, () => void this.bodies.delete(key)),
      get: (key) => call("get", () => read(key)?.body),
      read: (key) => call("read", () => read(key)),
      has: (key) => call("is it there", () => this.bodies.has(key)),
      keys: (prefix, after = "") =>
        call("list", () => [...this.bodies.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()),
    };
  }
}
