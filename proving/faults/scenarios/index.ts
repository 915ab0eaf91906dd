import type { FaultScenario } from "../model.ts";
import { clockScenarios } from "./clock.ts";
import { crowdScenarios } from "./crowd.ts";
import { diskScenarios } from "./disk.ts";
import { hangingScenarios } from "./hanging.ts";
import { killScenarios } from "./kills.ts";
import { overloadScenarios } from "./overload.ts";
import { postgresScenarios } from "./postgres.ts";
import { redisScenarios } from "./redis.ts";
import { wholeStackScenarios } from "./whole-stack.ts";

/** Every fault that is tried, in the order of a whole run. */
export const SCENARIOS: readonly FaultScenario[] = [
  ...killScenarios,
  ...wholeStackScenarios,
  ...redisScenarios,
  ...postgresScenarios,
  ...diskScenarios,
  ...clockScenarios,
  ...hangingScenarios,
  ...crowdScenarios,
  ...overloadScenarios,
];
