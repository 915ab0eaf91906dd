import { type Law, windowState } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { type VersionInForce, versionsInForce } from "../../shared/domain/window-in-force.ts";
import type { DynamoLawStore } from "../../shared/stores/laws.ts";
import type { LawRows } from "./law-rows.ts";
import { beginsOrEndsAtMoment, isStorable, type LawRow, movedTo, type Repair, repairOf, rowOfItem } from "./repair.ts";
import { isInTime, type LawTiming, soonestMoment } from "./timing.ts";

/** How often a change of a window is announced again whose write took too long. */
const MOST_ANNOUNCEMENTS = 5;
/** Steps until row and item agree: a few after a crash. More means that somebody changes the law all the time. */
const MOST_STEPS = 30;

/** What of a law changes in its life. */
type Changeable =
  | "title"
  | "titles"
  | "opensAt"
  | "closesAt"
  | "earlierWindows"
  | "plannedOpensAt"
  | "plannedClosesAt"
  | "utcOffset"
  | "reached"
  | "sealedVoters"
  | "expectedVoters"
  | "results"
  | "promiseKeys"
  | "trustees"
  | "proof"
  | "destroyedAt";

/** Facts of a law with new values; undefined takes the fact away. */
export type LawChanges = Partial<Pick<Law, Changeable>> & {
  /** When a new window is in force; absent: the window is as it was. */
  readonly inForceAt?: Date | undefined;
};

/** What one look has done so far. */
interface Attempt {
  /** The version that it has written to the item: it may have come too late. */
  written: number | undefined;
  /** How often it has moved a window. */
  moves: number;
  /** What the item said before that. */
  before: Law | undefined;
}

/** A law as it stands. */
export interface KnownLaw extends Law {
  readonly version: number;
  /** When the last change was in force, if it was one of the window. */
  readonly inForceAt?: Date | undefined;
}

/**
 * The laws: the truth in PostgreSQL, and their projection in DynamoDB, which voters' functions read. Whoever looks at a
 * law through this brings the two together: what a crash has cut off is completed, and a law from before there were
 * rows gets one.
 */
export class LawBook {
  readonly #rows: Pick<LawRows, keyof LawRows>;
  /** The projection. It can be looked at while PostgreSQL is away, and then it is all that is known. */
  readonly items: Pick<DynamoLawStore, keyof DynamoLawStore>;
  readonly #timing: LawTiming;

  /**
   * @param rows the laws in PostgreSQL
   * @param items their projection
   * @param timing when a change of a window can be in force
   */
  constructor(
    rows: Pick<LawRows, keyof LawRows>,
    items: Pick<DynamoLawStore, keyof DynamoLawStore>,
    timing: LawTiming,
  ) {
    this.#rows = rows;
    this.items = items;
    this.#timing = timing;
  }

  /**
   * A law as it stands.
   *
   * @param lawId the law
   * @returns undefined when there is none of this id
   */
  async get(lawId: string): Promise<KnownLaw | undefined> {
    const [row, item] = await Promise.all([this.#rows.get(lawId), this.items.get(lawId)]);
    return known(await this.#agreed(lawId, row, item));
  }

  /** Every law, by id. */
  async list(): Promise<KnownLaw[]> {
    const [rows, items] = await Promise.all([this.#rows.list(), this.items.list()]);
    const rowOf = new Map(rows.map((row) => [row.law.lawId, row]));
    const itemOf = new Map(items.map((item) => [item.lawId, item]));
    const laws: KnownLaw[] = [];
    for (const lawId of [...new Set([...rowOf.keys(), ...itemOf.keys()])].sort()) {
      const law = known(await this.#agreed(lawId, rowOf.get(lawId), itemOf.get(lawId)));
      if (law !== undefined) laws.push(law);
    }
    return laws;
  }

  /**
   * Which versions of laws' windows were in force when.
   *
   * @param laws laws as they stand
   * @returns by id; a draft has none
   */
  async windowsInForce(laws: readonly KnownLaw[]): Promise<ReadonlyMap<string, readonly VersionInForce[]>> {
    const versions = await this.#rows.versions(laws.map(({ lawId }) => lawId));
    const { cacheSeconds, marginSeconds } = this.#timing;
    const announcement = { cacheMs: cacheSeconds * 1_000, marginMs: marginSeconds * 1_000 };
    return new Map(
      laws.map((law) => {
        const known = versions.get(law.lawId) ?? [];
        // A law whose title PostgreSQL cannot hold has an item only.
        return [law.lawId, versionsInForce(known.length > 0 ? known : [{ ...law, confirmedAtMs: 0 }], announcement)];
      }),
    );
  }

  /**
   * Adds a law.
   *
   * @param law the new law
   * @returns the law as it stands; undefined when there is one of this id, which is not changed
   */
  async add(law: Law): Promise<KnownLaw | undefined> {
    // A law from before there were rows has an item only.
    if ((await this.get(law.lawId)) !== undefined) return undefined;
    const version = 1;
    const confirmedVersion = law.reached === "draft" ? version : 0;
    const isAdded = await this.#rows.add({ law: { ...law, version }, confirmedVersion });
    return isAdded ? this.get(law.lawId) : undefined;
  }

  /**
   * Changes a law, unless somebody has changed it since it was read. It returns when voters' functions can know of the
   * change. If that is too late for the moment at which a new window is to be in force, the moment is moved.
   *
   * @param read the law as it was read
   * @param changes what changes
   * @returns the law as it stands then; undefined when it is not what was read any more: then nothing was changed
   * @throws Refusal when the writes of a change of its window take too long every time
   */
  async change(read: Law, changes: LawChanges): Promise<KnownLaw | undefined> {
    const { inForceAt, ...facts } = changes;
    if (!isStorable({ ...read, ...facts })) {
      throw new Refusal(`The title of ${read.lawId} has characters that PostgreSQL cannot hold: nothing was changed.`);
    }
    const version = read.version ?? 0;
    const row: LawRow = {
      law: { ...read, ...facts, version: version + 1 },
      confirmedVersion: version,
      inForceAt,
    };
    return (await this.#rows.write(version, row)) ? this.get(read.lawId) : undefined;
  }

  /**
   * Stops or resumes the acceptance of votes. The projection is written first, and alone: a freeze must not wait for
   * PostgreSQL, which gets its copy when somebody looks at the law.
   *
   * @param lawId the law
   * @param frozen whether votes are refused
   * @returns whether anything changed; undefined when voters' functions know no such law
   */
  async setFrozen(lawId: string, frozen: boolean): Promise<boolean | undefined> {
    const isChanged = await this.items.setFrozen(lawId, frozen);
    if (isChanged !== undefined) return isChanged;
    // Its item may be what a crash has left out.
    await this.get(lawId);
    return this.items.setFrozen(lawId, frozen);
  }

  /** Brings the row of a law and its item together. */
  async #agreed(lawId: string, firstRow: LawRow | undefined, firstItem: Law | undefined): Promise<LawRow | undefined> {
    let [row, item] = [firstRow, firstItem];
    const attempt: Attempt = { written: undefined, moves: 0, before: undefined };
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const repair = repairOf(row, item);
      if (repair === "nothing") return row;
      if (row !== undefined) await this.#mend(repair, row, item, attempt);
      else if (item === undefined || !isStorable(item)) return item && rowOfItem(item);
      else await this.#rows.add(rowOfItem(item));
      [row, item] = await Promise.all([this.#rows.get(lawId), this.items.get(lawId)]);
    }
    throw new Refusal(
      `${lawId} was changed again and again while this looked at it. Find out who changes it, and try again.`,
    );
  }

  /** Does what brings a row and its item closer together. */
  async #mend(repair: Repair, row: LawRow, item: Law | undefined, attempt: Attempt): Promise<void> {
    const { law } = row;
    if (repair === "adopt" && item !== undefined) await this.#rows.write(law.version, rowOfItem(item));
    else if (repair === "copy_frozen") await this.#rows.copyFrozen(law.lawId, item?.frozen ?? false);
    else if (await this.#isTooLate(repair, row, item, attempt)) {
      attempt.moves += 1;
      if (attempt.moves > MOST_ANNOUNCEMENTS) throw tooSlow(law.lawId);
      await this.#rows.write(law.version, movedTo(row, soonestMoment(this.#timing, await this.#timing.now())));
    } else if (repair === "confirm") await this.#rows.confirm(law.lawId, law.version);
    else {
      // Of an item that is there, only who freezes writes whether it is frozen.
      const frozen = item === undefined ? law.frozen : undefined;
      if (await this.items.project({ ...law, frozen })) attempt.written = law.version;
    }
  }

  /**
   * Whether a new window is not known early enough for its moment. When another process has written the item and then
   * died, nobody knows whether it was in time. Once the moment is over, what the item says stays: to close later what
   * has closed would open it again. An end or an opening that was moved to a later moment is not moved again: until
   * every `ingest` knows, both windows are in force (shared/domain/window-in-force.ts).
   */
  async #isTooLate(repair: Repair, row: LawRow, item: Law | undefined, attempt: Attempt): Promise<boolean> {
    const { law, confirmedVersion, inForceAt } = row;
    if (inForceAt === undefined || confirmedVersion === law.version || !beginsOrEndsAtMoment(row)) return false;
    const now = await this.#timing.now();
    const isOwn = repair === "project" || attempt.written === law.version;
    if (!isOwn && now >= inForceAt) return false;
    if (repair === "project" && attempt.written === undefined) attempt.before = item;
    const isOver = (one: Law | undefined) => one !== undefined && windowState(one, now.getTime()) === "closed";
    // The window before has ended while this was written: a later end would open the law again.
    if (isOver(attempt.before) && isOver(law)) return false;
    return !isInTime(this.#timing, now, inForceAt);
  }
}

function known(row: LawRow | undefined): KnownLaw | undefined {
  return row && { ...row.law, ...(row.inForceAt === undefined ? {} : { inForceAt: row.inForceAt }) };
}

function tooSlow(lawId: string): Refusal {
  return new Refusal(
    `The change of ${lawId} was written ${MOST_ANNOUNCEMENTS} times and confirmed too late each time, so some ingest may ` +
      "learn of it after its moment. Look at the services with npm run doctor, freeze the law if it must take no votes, " +
      "and try again.",
  );
}
