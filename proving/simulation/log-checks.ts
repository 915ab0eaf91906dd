import type { Law } from "../../shared/domain/law.ts";
import { type Checkpoint, readCheckpoint } from "../../shared/domain/log/checkpoint.ts";
import { type LeafStatus, readEntry, submissionEntry } from "../../shared/domain/log/leaf.ts";
import { leafHash } from "../../shared/domain/log/merkle.ts";
import { openNote } from "../../shared/domain/log/note.ts";
import { GrowingTree, readEntryBundle, TILE_WIDTH, tilePath } from "../../shared/domain/log/tiles.ts";
import type { SimObjects } from "./models/objects.ts";
import { type SimPostgres, splitVoterKey, type Transaction } from "./models/postgres.ts";
import type { Restored } from "./restored.ts";

/** What of a world is looked at. */
interface Watched {
  readonly laws: readonly Law[];
  readonly postgres: SimPostgres;
  readonly objects: SimObjects;
  readonly restored: Restored;
  /** The submissions that were answered 202. */
  readonly accepted: readonly {
    readonly requestId: string;
    readonly lawId: string;
    readonly promise?: string | undefined;
    readonly envelopeSha256?: string | undefined;
  }[];
  readonly findings: string[];
}

/** A status of a pair that was recorded, as the entry that it makes. */
type Recorded = Map<string, string>;

/** Watches the public logs of a world, and looks at them at its end. */
export class LogWatch {
  readonly #world: Watched;
  /** Every checkpoint that was ever written, by law and size: its root. */
  readonly #signed = new Map<string, Map<number, string>>();
  /** What was recorded, by entry; with a restore, some of it is gone. */
  readonly #recorded: Recorded = new Map();
  readonly #published = new Map<string, number>();

  constructor(world: Watched) {
    this.#world = world;
    world.objects.onPut = (key, body) => this.#onPut(key, body);
  }

  /** A checkpoint is signed: what it says must be durable. */
  onSigned(lawId: string, text: string): void {
    const checkpoint = readCheckpoint(text);
    if (checkpoint === undefined) return;
    const { findings, postgres } = this.#world;
    const epochs = postgres.tables.logs.get(lawId)?.epochs ?? [];
    if (epochs.some(({ size, root }) => size === checkpoint.size && root.equals(checkpoint.root))) return;
    // A run of a database that was given up may sign what that one has committed.
    if (!this.#world.restored.has) findings.push("a root was signed before PostgreSQL had committed it");
  }

  #onPut(key: string, body: Buffer): void {
    const [, lawId = "", ...path] = key.split("/");
    if (!path[0]?.startsWith("checkpoint")) return;
    const checkpoint = this.#read(lawId, body);
    const { findings } = this.#world;
    if (checkpoint === undefined) return void findings.push("a published checkpoint cannot be read");
    const signed = this.#signed.get(lawId) ?? new Map<number, string>();
    this.#signed.set(lawId, signed);
    const root = checkpoint.root.toString("hex");
    if ((signed.get(checkpoint.size) ?? root) !== root) findings.push("two roots of one size of a log were published");
    signed.set(checkpoint.size, root);
    if (path[0] !== "checkpoint") return;
    if (checkpoint.size < (this.#published.get(lawId) ?? 0)) findings.push("a published log has become shorter");
    this.#published.set(lawId, checkpoint.size);
  }

  /** A transaction is about to commit: what it says of submissions must come into the log. */
  onCommit({ audit, participation, repeated }: Transaction): void {
    const { tables } = this.#world.postgres;
    for (const [requestId, row] of audit) {
      const { lawId, status, envelopeSha256 } = row;
      if (tables.audit.get(requestId)?.status === status) continue;
      if (tables.logs.has(lawId)) this.#recorded.set(entryOf(requestId, envelopeSha256, status), lawId);
      this.#refuseEnded(lawId);
    }
    for (const pair of repeated.keys()) {
      const [requestId = "", envelope] = pair.split(" ");
      const lawId = tables.audit.get(requestId)?.lawId ?? "";
      if (tables.repeated.has(pair) || !tables.logs.has(lawId)) continue;
      this.#recorded.set(entryOf(requestId, envelope, "repeated"), lawId);
    }
    for (const voter of participation.keys()) this.#refuseEnded(splitVoterKey(voter).lawId);
  }

  #refuseEnded(lawId: string): void {
    const { findings, postgres } = this.#world;
    if (postgres.isCounted(lawId)) findings.push("a row of a law has changed after its recording had ended");
  }

  /** What is wrong with the logs at the end, when everything that waited is published. */
  final(): string[] {
    return [...this.#world.postgres.tables.logs.keys()].flatMap((lawId) => this.#ofLaw(lawId));
  }

  #ofLaw(lawId: string): string[] {
    const { tables } = this.#world.postgres;
    // Nobody has sealed its roll.
    if (!tables.seals.has(lawId)) return [];
    const checkpoint = this.#checkpoint(lawId);
    const entries = checkpoint && this.#entries(lawId, checkpoint.size);
    if (entries === undefined) return [`${lawId}: the published log is not whole`];
    const log = tables.logs.get(lawId);
    return [
      ...(log?.waitingEntries.length === 0 ? [] : [`${lawId}: entries wait although everything is published`]),
      ...(same(entries, log?.logEntries ?? []) ? [] : [`${lawId}: the published log is not that of PostgreSQL`]),
      ...this.#rootFindings(lawId, entries),
      ...this.#statusFindings(lawId, entries),
    ];
  }

  #checkpoint(lawId: string): Checkpoint | undefined {
    const body = this.#world.objects.bodies.get(`log/${lawId}/checkpoint`);
    return body && this.#read(lawId, body);
  }

  #read(lawId: string, note: Buffer): Checkpoint | undefined {
    const { origin: name = "", logKey = "" } = this.#world.laws.find((law) => law.lawId === lawId) ?? {};
    const text = openNote(note.toString("utf8"), { name, publicKey: Buffer.from(logKey, "base64url") });
    return text === undefined ? undefined : readCheckpoint(text);
  }

  #entries(lawId: string, size: number): Buffer[] | undefined {
    const entries: Buffer[] = [];
    for (let at = 0; at < size; at += TILE_WIDTH) {
      const path = tilePath({ level: "entries", index: at / TILE_WIDTH, width: Math.min(TILE_WIDTH, size - at) });
      const body = this.#world.objects.bodies.get(`log/${lawId}/${path}`);
      entries.push(...((body && readEntryBundle(body)) ?? []));
    }
    return entries.length === size ? entries : undefined;
  }

  /** Every checkpoint that was ever published is one of the log as it is now. */
  #rootFindings(lawId: string, entries: readonly Buffer[]): string[] {
    const tree = new GrowingTree();
    const roots = new Map<number, string>();
    for (const entry of entries) {
      tree.add(leafHash(entry));
      roots.set(tree.size, tree.root().toString("hex"));
    }
    const forgotten = [...(this.#signed.get(lawId) ?? [])].some(([size, root]) => roots.get(size) !== root);
    return forgotten ? [`${lawId}: the log does not extend a checkpoint that was published`] : [];
  }

  #statusFindings(lawId: string, entries: readonly Buffer[]): string[] {
    const { postgres, restored, accepted } = this.#world;
    const findings = new Set<string>();
    const said = new Map<string, LeafStatus[]>();
    const times = new Map<string, number>();
    for (const entry of entries) {
      const leaf = readEntry(entry);
      if (leaf?.kind !== "submission") continue;
      const pair = entry.toString("hex", 1, 65);
      said.set(pair, [...(said.get(pair) ?? []), leaf.status]);
      times.set(entry.toString("hex"), (times.get(entry.toString("hex")) ?? 0) + 1);
    }
    for (const statuses of said.values())
      if (!isInOrder(statuses)) findings.add("a status is in a log twice, or falls");
    const missing = [...this.#recorded].filter(([entry, of]) => of === lawId && times.get(entry) === undefined);
    if (missing.length > 0 && !restored.has) findings.add("a status was recorded and is not in the log");
    for (const [requestId, row] of postgres.tables.audit) {
      if (row.lawId !== lawId) continue;
      const status = latest(said.get(pairOf(requestId, row.envelopeSha256)) ?? []);
      if (status !== row.status)
        findings.add(`the log says ${status ?? "nothing"} of a submission that is ${row.status}`);
    }
    for (const pair of postgres.tables.repeated.keys()) {
      const [requestId = "", envelope] = pair.split(" ");
      if (postgres.tables.audit.get(requestId)?.lawId !== lawId) continue;
      const count = said.get(pairOf(requestId, envelope))?.filter((status) => status === "repeated").length;
      if (count !== 1) findings.add("a further envelope has not one entry `repeated`");
    }
    for (const { lawId: of, requestId, promise, envelopeSha256 } of accepted) {
      if (of !== lawId || promise === undefined || said.has(pairOf(requestId, envelopeSha256))) continue;
      if (restored.forgottenPairs.has(`${requestId} ${envelopeSha256}`)) continue;
      // Recorded with the one envelope before a restore, and with the other one after it.
      if (restored.forgotten.has(requestId) && postgres.tables.audit.has(requestId)) continue;
      // Marked as lost, and then PostgreSQL was restored once more, before the log had said so.
      if (restored.times > 1 && !postgres.tables.audit.has(requestId)) continue;
      findings.add("a voter has a promise, and nothing of its submission is in the log");
    }
    for (const requestId of restored.forgotten) {
      const request = pairOf(requestId, undefined).slice(0, 64);
      const last = [...said].flatMap(([pair, statuses]) => (pair.startsWith(request) ? (latest(statuses) ?? []) : []));
      if (last.length === 0 || postgres.tables.audit.has(requestId)) continue;
      if (last.some((status) => status !== "lost")) findings.add("a submission is lost, and the log says otherwise");
    }
    return [...findings].map((finding) => `${lawId}: ${finding}`);
  }
}

function entryOf(requestId: string, envelope: string | undefined, status: LeafStatus): string {
  return submissionEntry(requestId, envelope === undefined ? undefined : Buffer.from(envelope, "hex"), status).toString(
    "hex",
  );
}

/** The hashes of a submission, as its entries have them. */
function pairOf(requestId: string, envelope: string | undefined): string {
  return entryOf(requestId, envelope, "lost").slice(2, -2);
}

const RISING: readonly LeafStatus[] = ["lost", "invalid", "duplicate", "counted"];

/** Statuses rise, but for those of what is lost. */
function isInOrder(statuses: readonly LeafStatus[]): boolean {
  const beside = statuses.filter((status) => !RISING.includes(status));
  const ranks = statuses.filter((status) => RISING.includes(status)).map((status) => RISING.indexOf(status));
  return (
    new Set(beside).size === beside.length &&
    ranks.every((rank, at) => rank > (ranks[at - 1] ?? -1) || (rank === 0 && (ranks[at - 1] ?? 0) > 0))
  );
}

function latest(statuses: readonly LeafStatus[]): LeafStatus | undefined {
  return statuses.filter((status) => RISING.includes(status)).at(-1);
}

function same(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((entry, at) => other[at]?.equals(entry));
}
