import type { Settings } from "../stages.ts";
import { type CostLine, costOf } from "./cost.ts";
import { firstLimit, type Limit, limitsOf } from "./limits.ts";
import { type Demand, type Need, needOf } from "./model.ts";

/** Everything that `npm run capacity` says. */
export interface CapacityReport {
  readonly stage: string;
  readonly demand: Demand;
  readonly need: Need;
  readonly limits: readonly Limit[];
  readonly first_limit: Limit | undefined;
  readonly cost: readonly CostLine[];
  readonly cost_total: { readonly monthly_usd: number; readonly voting_day_usd: number };
  /** How much less the voting day would cost if validate gathered votes for a second. Votes would be counted later. */
  readonly without_window: { readonly more_usd: number; readonly more_usd_per_8_million_votes: number };
}

/** The shortest window that Lambda has, and the batches that prod had with it. Batches above ten need a window. */
export const GATHERED = { batchSize: 200, batchWindowSeconds: 1 };
const EIGHT_MILLION = 8_000_000;

/** Simple and composite alarms of an AWS stage; a test counts them. */
export const ALARMS = 69;

/**
 * Computes the report.
 *
 * @param demand what is to be carried
 * @param settings the stage's settings
 */
export function capacityReport(demand: Demand, settings: Settings): CapacityReport {
  const { need, cost } = daysCost(demand, settings);
  const gathered = daysCost(demand, { ...settings, validate: { ...settings.validate, ...GATHERED } });
  const limits = limitsOf(demand, need, settings);
  const voting_day_usd = sum(cost, "votingDay");
  const more_usd = voting_day_usd - sum(gathered.cost, "votingDay");
  return {
    stage: settings.stage,
    demand,
    need,
    limits,
    first_limit: firstLimit(limits),
    cost,
    cost_total: { monthly_usd: sum(cost, "monthly"), voting_day_usd },
    without_window: {
      more_usd,
      more_usd_per_8_million_votes: (more_usd * EIGHT_MILLION) / (demand.votes * demand.laws),
    },
  };
}

function daysCost(demand: Demand, settings: Settings): { readonly need: Need; readonly cost: readonly CostLine[] } {
  const need = needOf(demand, settings);
  return { need, cost: costOf(demand, need, settings, { alarms: ALARMS }) };
}

function sum(cost: readonly CostLine[], which: "monthly" | "votingDay"): number {
  return cost.reduce((total, line) => total + line[which], 0);
}
