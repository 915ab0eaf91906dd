import type { DynamoLawStore } from "../../shared/stores/laws.ts";
import { LawBook } from "./law-book.ts";
import { LawRows } from "./law-rows.ts";
import { lawTimingOf, type TimedStage } from "./timing.ts";

/**
 * The laws of a running stage.
 *
 * @param servers its PostgreSQL and its settings
 * @param items its table of laws
 */
export function lawBookOf(servers: TimedStage, items: DynamoLawStore): LawBook {
  return new LawBook(new LawRows(servers.pool), items, lawTimingOf(servers));
}
