import type { Scenario } from "../model.ts";
import { killScenarios } from "./kills.ts";

/** Every fault that is tried, in the order of a whole run. */
export const SCENARIOS: readonly Scenario[] = [...killScenarios];
