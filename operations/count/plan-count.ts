import { z } from "zod";
import { existingLaws } from "../laws/existing-laws.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import type { Servers } from "../servers.ts";

/** What a law would be counted with, as far as somebody who decides about it may know it. */
export interface CountPlan {
  /** Voters on the roll. */
  readonly voters: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
  /** Only if the public result has all counted votes; undefined: it is withheld. */
  readonly options: { readonly oui: number; readonly non: number } | undefined;
  /** Whether nobody can read its ballots but its trustees. */
  readonly isSealed: boolean;
  /** Messages of the stage that are set aside: nothing can read them, so they may be votes of the law. */
  readonly setAside: number;
  /** Receipts of the stage that were marked as lost, of whichever law. */
  readonly lost: number;
}

const Row = z.object({
  voters: z.coerce.number(),
  counted: z.coerce.number(),
  duplicate: z.coerce.number(),
  invalid: z.coerce.number(),
  oui: z.coerce.number().nullable(),
  non: z.coerce.number().nullable(),
  set_aside: z.coerce.number(),
  lost: z.coerce.number(),
});

/** Of the tally, only what everybody may see: published results move in steps (docs/secrecy.md). */
const PLAN = `with audited as (
    select count(*) filter (where status = 'counted') as counted,
      count(*) filter (where status = 'duplicate') as duplicate,
      count(*) filter (where status = 'invalid') as invalid
    from vote_audit where law_id = $1
  ), published as (
    select oui_count, non_count from published_results where law_id = $1 and published_at is not null
  )
  select coalesce((select voters from roll_sizes where law_id = $1), 0) as voters,
    a.counted, a.duplicate, a.invalid,
    case when p.oui_count + p.non_count = a.counted then p.oui_count end as oui,
    case when p.oui_count + p.non_count = a.counted then p.non_count end as non,
    (select count(*) from set_aside where undone_at is null) as set_aside,
    (select coalesce(sum((content::jsonb -> 'result' ->> 'marked')::bigint), 0)
     from journal where act = 'mark-lost' and phase = 'done') as lost
  from audited a left join published p on true`;

/**
 * Says with what a closed law would be counted as things stand now, before somebody decides that it is counted. It
 * shows no more of the tally than everybody can see: results that are not public yet are withheld.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param now the present instant
 * @throws Refusal when there is no such law, or it has not closed
 */
export async function planCount(servers: Pick<Servers, "laws" | "pool">, lawId: string, now: Date): Promise<CountPlan> {
  const [law] = await existingLaws(servers, [lawId]);
  if (law !== undefined) refuseForbidden(law, "count", now.getTime());
  const { rows } = await servers.pool.query(PLAN, [lawId]);
  const { oui, non, set_aside: setAside, ...figures } = Row.parse(rows[0]);
  const isSealed = law?.form === "sealed";
  return { ...figures, isSealed, options: oui === null || non === null ? undefined : { oui, non }, setAside };
}
