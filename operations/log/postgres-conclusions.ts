import type pg from "pg";
import type { ListedSubmission } from "../../shared/domain/log/submission-list.ts";
import type { Conclusion, Conclusions, PublishedSoFar } from "./ports.ts";

interface ConclusionRow {
  readonly text: string;
  readonly note: string | null;
  readonly is_publishing: boolean;
  readonly parts: number;
  readonly after: Buffer;
  readonly listed: string;
  readonly opened_parts: number;
}

type Connection = Pick<pg.ClientBase, "query">;

/** Certificates and lists in PostgreSQL, as the role `referendum_log` may see them. */
export class PostgresConclusions implements Conclusions {
  readonly #client: Connection;

  /** @param client a connection of the role */
  constructor(client: Connection) {
    this.#client = client;
  }

  async of(lawId: string): Promise<Conclusion | undefined> {
    const { rows } = await this.#client.query<ConclusionRow>("select * from law_conclusion($1)", [lawId]);
    const [row] = rows;
    if (row === undefined) return undefined;
    const { text, note, is_publishing, parts, after, listed, opened_parts: openedParts } = row;
    const publishing = is_publishing ? { parts, after, listed: Number(listed), openedParts } : undefined;
    return { text, note: note ?? undefined, publishing };
  }

  async sign(lawId: string, note: string): Promise<void> {
    await this.#client.query("select sign_certificate($1, $2)", [lawId, note]);
  }

  async submissions(lawId: string, after: Buffer, most: number): Promise<readonly ListedSubmission[]> {
    const { rows } = await this.#client.query<ListedSubmission>("select * from published_submissions($1, $2, $3)", [
      lawId,
      after,
      most,
    ]);
    return rows;
  }

  async openedPiece(lawId: string, number: number): Promise<string | undefined> {
    const { rows } = await this.#client.query<{ piece: Buffer | null }>("select published_opening($1, $2) as piece", [
      lawId,
      number,
    ]);
    return rows[0]?.piece?.toString("utf8");
  }

  async advance(
    lawId: string,
    { parts, after, listed, openedParts }: PublishedSoFar,
    isComplete: boolean,
  ): Promise<void> {
    await this.#client.query("select advance_publication($1, $2, $3, $4, $5, $6)", [
      ...[lawId, parts, after, listed, openedParts, isComplete],
    ]);
  }
}
