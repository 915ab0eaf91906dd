import { z } from "zod";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { rollSizes } from "./count.ts";
import { chainOf } from "./file/chunk-text.ts";
import { PostgresRoll } from "./stores/postgres-roll.ts";

type Found = z.output<typeof rolls.findLoad.result>;

/** The end of a load, as the journal has it. */
const EndedLoad = z.looseObject({
  result: z.looseObject({
    laws: z.array(
      z.looseObject({
        law_id: z.string(),
        file_id: z.string().optional(),
        conflicts: z.number(),
        refused: z.number(),
      }),
    ),
  }),
});

/**
 * Says whether a file is one that was loaded to the roll of a law. The journal has the id of every file whose load has
 * ended; only this stage can compute the id, because it is keyed. A list that differs in a single voter has another id,
 * so nobody learns by asking who is on the roll.
 *
 * @param servers those of a running stage
 * @param request the law, and the digests of the file's chunks
 * @throws Refusal when there is no such law
 */
export async function findLoad(
  servers: Servers,
  { law_id: lawId, chunks }: z.output<typeof rolls.findLoad.request>,
): Promise<Found> {
  const laws = await existingLaws(servers, [lawId]);
  const keys = await servers.keys();
  const ids = laws.map(({ keyVersion }) => chainOf(chunks, keys.ofVersion(keyVersion).person).toString("hex"));
  const { rows } = await servers.pool.query<{ at: Date; content: string }>(
    `select at, content from journal where act = $1 and phase = 'done' and (law_id = $2 or law_id is null)
     order by number`,
    [rolls.finishLoad.name, lawId],
  );
  const ends = rows.flatMap(({ at, content }) =>
    EndedLoad.parse(JSON.parse(content)).result.laws.flatMap((one) => (one.law_id === lawId ? [{ ...one, at }] : [])),
  );
  const last = ends.findLast(({ file_id }) => file_id !== undefined && ids.includes(file_id));
  const changes = await servers.pool.query<{ changes: number }>(
    "select count(*)::int as changes from roll_changes where law_id = $1",
    [lawId],
  );
  return {
    load: last === undefined ? null : { at: last.at.toISOString(), left_out: last.conflicts + last.refused },
    has_unknown_loads: ends.some(({ file_id }) => file_id === undefined),
    voters: (await rollSizes(servers, [lawId])).get(lawId) ?? 0,
    sealed: (await new PostgresRoll(servers.pool).sealOf(lawId)) !== undefined,
    changes: changes.rows[0]?.changes ?? 0,
  };
}
