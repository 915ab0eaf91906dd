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
}

/** Simple and composite alarms of an AWS stage; a test counts them. */
export const ALARMS = 63;

/**
 * Computes the report.
 *
 * @param demand what is to be carried
 * @param settings the stage's settings
 */
export function capacityReport(demand: Demand, settings: Settings): CapacityReport {
  const need = needOf(demand, settings);
  const limits = limitsOf(demand, need, settings);
  const cost = costOf(demand, need, settings, { alarms: ALARMS });
  const sum = (which: "monthly" | "votingDay") => cost.reduce((total, line) => total + line[which], 0);
  return {
    stage: settings.stage,
    demand,
    need,
    limits,
    first_limit: firstLimit(limits),
    cost,
    cost_total: { monthly_usd: sum("monthly"), voting_day_usd: sum("votingDay") },
  };
}
