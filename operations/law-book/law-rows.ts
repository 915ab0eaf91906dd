import type pg from "pg";
import { z } from "zod";
import { CONCLUDED, LAW_FORMS, type Law, PROOFS, REACHABLE, RESULTS_WHEN } from "../../shared/domain/law.ts";
import { CODE_KINDS } from "../../shared/domain/voter-code.ts";
import type { ConfirmedVersion } from "../../shared/domain/window-in-force.ts";
import type { LawRow } from "./repair.ts";

const instant = z.date().transform((date) => date.toISOString());
const optional = <T extends z.ZodType>(type: T) => type.nullable().transform((value) => value ?? undefined);
const EarlierWindow = z
  .object({ opens_at: z.string(), closes_at: z.string() })
  .transform(({ opens_at, closes_at }) => ({ opensAt: opens_at, closesAt: closes_at }));

/** The column of a sealed law's trustees. */
export const Trustees = z
  .object({
    election_key: z.string(),
    signing_key: z.string(),
    split_id: z.string(),
    threshold: z.number(),
    trustees: z.number(),
    tested: z.boolean(),
  })
  .transform(({ election_key: electionKey, signing_key: signingKey, split_id: splitId, ...rest }) => ({
    electionKey,
    signingKey,
    splitId,
    ...rest,
  }));

/** The column of a law's keys of promises. */
export const PromiseKeys = z.array(
  z
    .object({ version: z.number(), public_key: z.string(), from: z.string() })
    .transform(({ version, public_key: publicKey, from }) => ({ version, publicKey, from })),
);

const Row = z.object({
  law_id: z.string(),
  reached: z.enum(REACHABLE),
  title: z.string(),
  title_fr: optional(z.string()),
  title_en: optional(z.string()),
  opens_at: instant,
  closes_at: optional(instant),
  earlier_windows: z.array(EarlierWindow),
  planned_opens_at: optional(instant),
  planned_closes_at: optional(instant),
  utc_offset: optional(z.string()),
  pepper_id: optional(z.string()),
  codes: optional(z.enum(CODE_KINDS)),
  key_version: z.number(),
  frozen: z.boolean(),
  sealed_voters: optional(z.coerce.number()),
  expected_voters: optional(z.coerce.number()),
  results: z.enum(RESULTS_WHEN),
  form: optional(z.enum(LAW_FORMS)),
  origin: optional(z.string()),
  promise_keys: optional(PromiseKeys),
  log_key: optional(z.string()),
  trustees: optional(Trustees),
  proof: z.enum(PROOFS),
  box_closed: z.boolean(),
  concluded: optional(z.enum(CONCLUDED)),
  destroyed_at: optional(instant),
  version: z.number(),
  confirmed_version: z.number(),
  in_force_at: optional(z.date()),
});

const VersionRow = z.object({
  law_id: z.string(),
  version: z.number(),
  at: z.date(),
  reached: z.enum(REACHABLE),
  opens_at: instant,
  closes_at: optional(instant),
  earlier_windows: z.array(EarlierWindow),
  in_force_at: optional(z.date()),
});

/** The columns that change in the life of a law, in the order of `changeable`. */
const CHANGEABLE = [
  "reached",
  "title",
  "title_fr",
  "title_en",
  "opens_at",
  "closes_at",
  "earlier_windows",
  "planned_opens_at",
  "planned_closes_at",
  "utc_offset",
  "frozen",
  "sealed_voters",
  "expected_voters",
  "results",
  "promise_keys",
  "trustees",
  "proof",
  "box_closed",
  "destroyed_at",
  "version",
  "confirmed_version",
  "in_force_at",
] as const;

function changeable({ law, confirmedVersion, inForceAt }: LawRow): readonly unknown[] {
  const windows = (law.earlierWindows ?? []).map(({ opensAt, closesAt }) => ({
    opens_at: opensAt,
    closes_at: closesAt,
  }));
  return [
    law.reached ?? "ready",
    law.title,
    law.titles?.fr,
    law.titles?.en,
    law.opensAt,
    law.closesAt,
    JSON.stringify(windows),
    law.plannedOpensAt,
    law.plannedClosesAt,
    law.utcOffset,
    law.frozen ?? false,
    law.sealedVoters,
    law.expectedVoters,
    law.results ?? "live",
    promiseKeysColumn(law),
    trusteesColumn(law),
    law.proof ?? "none",
    law.boxClosed ?? false,
    law.destroyedAt,
    law.version,
    confirmedVersion,
    inForceAt,
  ];
}

function promiseKeysColumn({ promiseKeys }: Pick<Law, "promiseKeys">): string | undefined {
  if (promiseKeys === undefined) return undefined;
  return JSON.stringify(promiseKeys.map(({ version, publicKey, from }) => ({ version, public_key: publicKey, from })));
}

function trusteesColumn({ trustees }: Pick<Law, "trustees">): string | undefined {
  if (trustees === undefined) return undefined;
  const { electionKey: election_key, signingKey: signing_key, splitId: split_id, ...rest } = trustees;
  return JSON.stringify({ election_key, signing_key, split_id, ...rest });
}

/** The laws in PostgreSQL, which are the truth. */
export class LawRows {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** A law; undefined when there is no row of this id. */
  async get(lawId: string): Promise<LawRow | undefined> {
    const { rows } = await this.#pool.query("select * from laws where law_id = $1", [lawId]);
    return rows[0] === undefined ? undefined : fromRow(rows[0]);
  }

  /** Every law, by id. */
  async list(): Promise<LawRow[]> {
    const { rows } = await this.#pool.query('select * from laws order by law_id collate "C"');
    return rows.map(fromRow);
  }

  /**
   * Adds a law.
   *
   * @returns false when there is one of this id; it is not changed
   */
  async add(row: LawRow): Promise<boolean> {
    const { law } = row;
    const columns = ["law_id", "pepper_id", "codes", "key_version", "form", "origin", "log_key", ...CHANGEABLE];
    const { rowCount } = await this.#pool.query(
      `insert into laws (${columns.join(", ")}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})
       on conflict (law_id) do nothing`,
      [law.lawId, law.pepperId, law.codes, law.keyVersion, law.form, law.origin, law.logKey, ...changeable(row)],
    );
    return rowCount === 1;
  }

  /**
   * Writes a law as it is from now on, unless somebody has changed it since it was read.
   *
   * @param readVersion the version that was read
   * @param row the law
   * @returns false when it has another version: then nothing was written
   */
  async write(readVersion: number, row: LawRow): Promise<boolean> {
    const set = CHANGEABLE.map((column, index) => `${column} = $${index + 3}`).join(", ");
    const { rowCount } = await this.#pool.query(`update laws set ${set} where law_id = $1 and version = $2`, [
      row.law.lawId,
      readVersion,
      ...changeable(row),
    ]);
    return rowCount === 1;
  }

  /**
   * Every version of some laws that was confirmed, by law.
   *
   * @param lawIds the laws
   */
  async versions(lawIds: readonly string[]): Promise<ReadonlyMap<string, readonly ConfirmedVersion[]>> {
    const { rows } = await this.#pool.query(
      `select law_id, version, at, facts ->> 'reached' as reached, (facts ->> 'opens_at')::timestamptz as opens_at,
         (facts ->> 'closes_at')::timestamptz as closes_at, facts -> 'earlier_windows' as earlier_windows,
         (facts ->> 'in_force_at')::timestamptz as in_force_at
       from law_versions where phase = 'confirmed' and law_id = any ($1) order by law_id, version`,
      [lawIds],
    );
    const versions = rows.map((row) => VersionRow.parse(row));
    return new Map(
      lawIds.map((lawId) => [lawId, versions.filter(({ law_id }) => law_id === lawId).map(versionOf)] as const),
    );
  }

  /** Notes that the item had a version in time. */
  async confirm(lawId: string, version: number): Promise<void> {
    await this.#pool.query(
      "update laws set confirmed_version = version where law_id = $1 and version = $2 and confirmed_version < version",
      [lawId, version],
    );
  }

  /** Copies from the item whether the law is frozen. */
  async copyFrozen(lawId: string, frozen: boolean): Promise<void> {
    await this.#pool.query("update laws set frozen = $2 where law_id = $1", [lawId, frozen]);
  }
}

function versionOf(row: z.output<typeof VersionRow>): ConfirmedVersion {
  return {
    version: row.version,
    reached: row.reached,
    opensAt: row.opens_at,
    closesAt: row.closes_at,
    earlierWindows: row.earlier_windows,
    inForceAtMs: row.in_force_at?.getTime(),
    confirmedAtMs: row.at.getTime(),
  };
}

function fromRow(row: unknown): LawRow {
  const read = Row.parse(row);
  const hasTitles = read.title_fr !== undefined || read.title_en !== undefined;
  return {
    law: {
      lawId: read.law_id,
      title: read.title,
      titles: hasTitles ? { fr: read.title_fr, en: read.title_en } : undefined,
      opensAt: read.opens_at,
      closesAt: read.closes_at,
      earlierWindows: read.earlier_windows.length === 0 ? undefined : read.earlier_windows,
      plannedOpensAt: read.planned_opens_at,
      plannedClosesAt: read.planned_closes_at,
      utcOffset: read.utc_offset,
      frozen: read.frozen ? true : undefined,
      pepperId: read.pepper_id,
      codes: read.codes,
      keyVersion: read.key_version,
      reached: read.reached,
      sealedVoters: read.sealed_voters,
      expectedVoters: read.expected_voters,
      results: read.results === "live" ? undefined : read.results,
      form: read.form,
      origin: read.origin,
      promiseKeys: read.promise_keys,
      logKey: read.log_key,
      trustees: read.trustees,
      proof: read.proof === "none" ? undefined : read.proof,
      boxClosed: read.box_closed ? true : undefined,
      concluded: read.concluded,
      destroyedAt: read.destroyed_at,
      version: read.version,
    },
    confirmedVersion: read.confirmed_version,
    inForceAt: read.in_force_at,
  };
}
