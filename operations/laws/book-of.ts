import type { DynamoLawStore } from "../../shared/stores/laws.ts";
import type { Servers } from "../servers.ts";
import { LawBook } from "./law-book.ts";
import { LawRows } from "./law-rows.ts";
import { lawTimingOf } from "./timing.ts";

/**
 * The laws of a running stage.
 *
 * @param servers its PostgreSQL and its settings
 * @param items its table of laws
 */
export function lawBookOf(servers: Pick<Servers, "output" | "pool">, items: DynamoLawStore): LawBook {
  return new LawBook(new LawRows(servers.pool), items, lawTimingOf(servers));
}
