import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../terminal/errors.ts";
import { CUSTOM } from "../report/text.ts";

/** A load that has a name. */
export interface LoadScenario {
  /** As its file; `custom` when the command line changes its figures. */
  readonly name: string;
  /** The file in load/ whose phases it runs. */
  readonly file: string;
  readonly votes: number;
  /** Votes per second; if the rate changes, the highest one. */
  readonly rate: number;
  readonly seconds: number;
  /** `serves`: nearly all requests are answered, and fast. `sheds`: excess votes are refused with 429. */
  readonly promise: "serves" | "sheds";
  /** Whether its phases are those of the file, and not one phase of the figures above. */
  readonly ownPhases: boolean;
}

const NAMES = ["peak", "sustained", "stress", "election-day", "smoke"] as const;
type ScenarioName = (typeof NAMES)[number];

const File = z.object({
  config: z.object({ phases: z.array(z.object({ duration: z.int(), arrivalRate: z.number() })).min(1) }),
});

function readScenario(name: ScenarioName): LoadScenario {
  const file = `load/${name}.yml`;
  const { phases } = File.parse(parse(readFileSync(join(import.meta.dirname, "..", `${name}.yml`), "utf8"))).config;
  return {
    name,
    file,
    votes: phases.reduce((sum, { duration, arrivalRate }) => sum + duration * arrivalRate, 0),
    rate: Math.max(...phases.map(({ arrivalRate }) => arrivalRate)),
    seconds: phases.reduce((sum, { duration }) => sum + duration, 0),
    promise: name === "stress" ? "sheds" : "serves",
    ownPhases: true,
  };
}

/** The names of the scenarios, each a file in load/. */
export const SCENARIO_NAMES: readonly string[] = NAMES;

/** How the command line changes a scenario. */
export interface Changes {
  readonly votes?: number | undefined;
  readonly rate?: number | undefined;
  readonly duration?: number | undefined;
}

/**
 * A scenario with the changes of the command line. If both count and duration are set, the first to be reached ends it.
 *
 * @param name a scenario
 * @param changes votes, votes per second, seconds
 * @throws UserError when there is no such scenario
 */
export function scenarioOf(name: string, changes: Changes = {}): LoadScenario {
  const known = NAMES.find((one) => one === name);
  if (known === undefined) throw new UserError(`There is no load ${name}: use ${NAMES.join(", ")}.`, 2);
  const found = readScenario(known);
  const { votes, rate = found.rate, duration } = changes;
  if (votes === undefined && changes.rate === undefined && duration === undefined) return found;
  const wanted = votes ?? (duration === undefined ? found.votes : Number.POSITIVE_INFINITY);
  const seconds = Math.max(1, Math.min(Math.ceil(wanted / rate), duration ?? Number.POSITIVE_INFINITY));
  // A run with other figures than the file's must not be mistaken for the scenario, nor stored under its name.
  return { ...found, name: CUSTOM, rate, seconds, votes: Math.min(wanted, rate * seconds), ownPhases: false };
}
