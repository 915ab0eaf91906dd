import { UserError } from "../../terminal/errors.ts";
import { CUSTOM } from "../report/text.ts";

/** A load that has a name. */
export interface Scenario {
  /** The name of its file, or `custom` if the command line changes its figures. */
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

const named = (name: string, votes: number, rate: number, seconds: number): Scenario => ({
  name,
  file: `load/${name}.yml`,
  votes,
  rate,
  seconds,
  promise: "serves",
  ownPhases: true,
});

/** The scenarios, with the figures of their files in load/. */
export const SCENARIOS: readonly Scenario[] = [
  named("peak", 100_000, 1_000, 100),
  named("sustained", 30_000, 500, 60),
  { ...named("stress", 50_000, 2_000, 25), promise: "sheds" },
  named("election-day", 100_000, 1_040, 240),
  named("smoke", 500, 100, 5),
];

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
export function scenarioOf(name: string, changes: Changes = {}): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) {
    throw new UserError(`There is no load ${name}: use ${SCENARIOS.map((one) => one.name).join(", ")}.`, 2);
  }
  const { votes, rate = found.rate, duration } = changes;
  if (votes === undefined && changes.rate === undefined && duration === undefined) return found;
  const wanted = votes ?? (duration === undefined ? found.votes : Number.POSITIVE_INFINITY);
  const seconds = Math.max(1, Math.min(Math.ceil(wanted / rate), duration ?? Number.POSITIVE_INFINITY));
  // A run with other figures than the file's must not be mistaken for the scenario, nor stored under its name.
  return { ...found, name: CUSTOM, rate, seconds, votes: Math.min(wanted, rate * seconds), ownPhases: false };
}
