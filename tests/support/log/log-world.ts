import type { LoggedLaw, LogPorts } from "../../../operations/log/ports.ts";
import { type LogRun, runLog } from "../../../operations/log/run-log.ts";
import { ed25519Pair } from "../../../shared/domain/ed25519.ts";
import { descriptionEntry, journalEntry, submissionEntry } from "../../../shared/domain/log/leaf.ts";
import { noteSigner } from "../../../shared/domain/log/note.ts";
import { MemoryObjects } from "../memory-objects.ts";
import { MemoryLog } from "./memory-log.ts";

const PAIR = ed25519Pair(Buffer.alloc(32, 3));
export const LAW: LoggedLaw = {
  lawId: "L2027-001",
  origin: "local/L2027-001/1f0e2d3c4b5a69788796a5b4c3d2e1f0",
  key: PAIR.publicKey.toString("base64url"),
};
export const LOG_KEY = noteSigner(LAW.origin, PAIR.publicKey, PAIR.privateKey);
export const DESCRIPTION = descriptionEntry(1, "a description\n");

/** The entry of one of the submissions. */
export const counted = (number: number): Buffer => submissionEntry(`request ${number}`, undefined, "counted");
/** Entries of the submissions [from, to). */
export const countedFrom = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from }, (_, at) => counted(from + at));
/** An entry of the journal. */
export const journalled = (number: number): Buffer => journalEntry(number, `act ${number}\n`);

/** A database and a store in memory, and runs on them. */
export class LogWorld {
  readonly database = new MemoryLog(LAW);
  readonly objects = new MemoryObjects();
  minimumSubmissions = 1;

  /** What a run is given. */
  get ports(): LogPorts {
    const signerOf: LogPorts["signerOf"] = async ({ origin }) => ({ ...LOG_KEY, name: origin });
    return { database: this.database, objects: this.objects, signerOf };
  }

  /** A run to its end. */
  run(ports: LogPorts = this.ports, isOver: () => boolean = () => false): Promise<LogRun> {
    return runLog(ports, LAW, { minimumSubmissions: this.minimumSubmissions }, isOver);
  }
}

/**
 * Ports that do something at each call of a port, before or after it.
 *
 * @param ports the ports
 * @param around called with the number of the call, from 1, and with what does it
 */
export function watched(ports: LogPorts, around: <T>(number: number, call: () => Promise<T>) => Promise<T>): LogPorts {
  let calls = 0;
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => around(++calls, async () => wrapSession(await Reflect.apply(member, of, args)));
      },
    });
  /** A session is a port as well. */
  const wrapSession = (result: unknown) =>
    typeof result === "object" && result !== null && "commit" in result ? wrap(result) : result;
  return {
    database: wrap(ports.database),
    objects: wrap(ports.objects),
    signerOf: async (law) => wrap(await ports.signerOf(law)),
  };
}
