import type pg from "pg";
import type { RollChangeKind } from "../../../shared/domain/roll-row.ts";

/** What somebody is about to do to voters of a sealed roll, without NAS and codes. */
export interface RollDraft {
  readonly id: string;
  readonly lawId: string;
  readonly kind: RollChangeKind | "find";
  /** The line of each voter in its file. */
  readonly lines: readonly number[];
  /** 32 bytes each. */
  readonly personHashes: readonly Buffer[];
  /** 32 bytes each; empty when there are no new codes. */
  readonly voterHashes: readonly Buffer[];
}

interface DraftRow {
  readonly law_id: string;
  readonly kind: RollDraft["kind"];
  readonly lines: readonly number[];
  readonly person_hashes: readonly Buffer[];
  readonly voter_hashes: readonly Buffer[];
}

/** A draft that nobody has taken up for so long is forgotten; proposals end sooner. */
const KEPT = "interval '30 days'";

/** The drafts of changes, in PostgreSQL. */
export class RollDrafts {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Keeps a draft. The same draft again changes nothing. */
  async keep({ id, lawId, kind, lines, personHashes, voterHashes }: RollDraft, madeBy: string): Promise<void> {
    await this.#pool.query(`delete from roll_drafts where made_at < now() - ${KEPT}`);
    await this.#pool.query(
      `insert into roll_drafts (id, law_id, kind, lines, person_hashes, voter_hashes, made_by)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing`,
      [id, lawId, kind, lines, personHashes, voterHashes, madeBy],
    );
  }

  /** A draft; undefined when there is none of this id. */
  async get(id: string): Promise<RollDraft | undefined> {
    const { rows } = await this.#pool.query<DraftRow>(
      "select law_id, kind, lines, person_hashes, voter_hashes from roll_drafts where id = $1",
      [id],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { law_id: lawId, kind, lines, person_hashes: personHashes, voter_hashes: voterHashes } = row;
    return { id, lawId, kind, lines, personHashes, voterHashes };
  }
}
