import type { LawRows } from "../../operations/law-book/law-rows.ts";
import type { LawRow } from "../../operations/law-book/repair.ts";
import type { Law } from "../../shared/domain/law.ts";
import type { ConfirmedVersion } from "../../shared/domain/window-in-force.ts";
import type { DynamoLawStore } from "../../shared/stores/laws.ts";

/** Rows and items of laws in memory, and what happens before and after each write. */
export class MemoryLawStores {
  readonly rowOf = new Map<string, LawRow>();
  readonly itemOf = new Map<string, Law>();
  /** Confirmed versions, in order. */
  readonly confirmed: (ConfirmedVersion & { readonly lawId: string })[] = [];
  /** The clock of versions, in milliseconds since the epoch. */
  now = () => 0;
  /** The writes, in order. */
  readonly writes: string[] = [];
  /** Called before a write is done, with its name; it may throw: then the write is not done. */
  before: (name: string) => void = () => undefined;
  /** Called after a write; it may throw: then the write is done. */
  after: (name: string) => void = () => undefined;

  #write<T>(name: string, effect: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.before(name);
      this.writes.push(name);
      const result = effect();
      this.after(name);
      resolve(result);
    });
  }

  #note(row: LawRow): void {
    const { law, confirmedVersion, inForceAt } = row;
    const isKnown = this.confirmed.some(({ lawId, version }) => lawId === law.lawId && version === law.version);
    if (confirmedVersion !== law.version || isKnown) return;
    this.confirmed.push({ ...law, inForceAtMs: inForceAt?.getTime(), confirmedAtMs: this.now() });
  }

  readonly rows: Pick<LawRows, keyof LawRows> = {
    versions: async (lawIds) =>
      new Map(lawIds.map((lawId) => [lawId, this.confirmed.filter((one) => one.lawId === lawId)])),
    get: async (lawId) => this.rowOf.get(lawId),
    list: async () => [...this.rowOf.values()],
    add: (row) =>
      this.#write("add", () => {
        if (this.rowOf.has(row.law.lawId)) return false;
        this.rowOf.set(row.law.lawId, row);
        this.#note(row);
        return true;
      }),
    write: (readVersion, row) =>
      this.#write("write", () => {
        if (this.rowOf.get(row.law.lawId)?.law.version !== readVersion) return false;
        this.rowOf.set(row.law.lawId, row);
        this.#note(row);
        return true;
      }),
    confirm: (lawId, version) =>
      this.#write("confirm", () => {
        const row = this.rowOf.get(lawId);
        if (row?.law.version !== version) return;
        this.rowOf.set(lawId, { ...row, confirmedVersion: version });
        this.#note({ ...row, confirmedVersion: version });
      }),
    copyFrozen: (lawId, frozen) =>
      this.#write("copyFrozen", () => {
        const row = this.rowOf.get(lawId);
        if (row !== undefined) this.rowOf.set(lawId, { ...row, law: { ...row.law, frozen: frozen || undefined } });
      }),
  };

  readonly items: Pick<DynamoLawStore, keyof DynamoLawStore> = {
    get: async (lawId) => this.itemOf.get(lawId),
    list: async () => [...this.itemOf.values()],
    project: (law) =>
      this.#write("project", () => {
        const item = this.itemOf.get(law.lawId);
        if (item !== undefined && (item.version ?? 0) >= law.version) return false;
        const { reached, ...facts } = law;
        const more = reached === "counted" ? { reached } : {};
        this.itemOf.set(law.lawId, { ...facts, ...more, frozen: law.frozen ?? item?.frozen });
        return true;
      }),
    setFrozen: (lawId, frozen) =>
      this.#write("setFrozen", () => {
        const item = this.itemOf.get(lawId);
        if (item === undefined || item.reached !== undefined) return undefined;
        this.itemOf.set(lawId, { ...item, frozen: frozen || undefined });
        return (item.frozen ?? false) !== frozen;
      }),
  };
}
