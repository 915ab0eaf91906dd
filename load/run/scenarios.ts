import { UserError } from "../../terminal/errors.ts";
import { CUSTOM } from "../report/text.ts";

/** A load that has a name. */
export interface LoadScenario {
  /** As its file; `custom` when the command line changes its figures. */
  readonly name: string;
  /** The file in load/ whose phases it runs. */
  readonly file: string;
  readonly votes: number;
  /** Votes per second; the highest there is, where it changes. */
  readonly rate: number;
  readonly seconds: number;
  /** `serves`: nearly everything is answered, fast. `sheds`: what is too much is refused in an orderly way. */
  readonly promise: "serves" | "sheds";
  /** Whether its phases are those of the file, and not one phase of the figures above. */
  readonly ownPhases: boolean;
}

const named = (name: string, votes: number, rate: number, seconds: number): LoadScenario => ({
  name,
  file: `load/${name}.yml`,
  votes,
  rate,
  seconds,
  promise: "serves",
  ownPhases: true,
});

/** The scenarios, as their files in load/ have them. */
export const SCENARIOS: readonly LoadScenario[] = [
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
 * A scenario with what the command line changes: count and duration, whichever ends first.
 *
 * @param name a scenario
 * @param changes votes, votes per second, seconds
 * @throws UserError when there is no such scenario
 */
export function scenarioOf(name: string, changes: Changes = {}): LoadScenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) {
    throw new UserError(`There is no load ${name}: use ${SCENARIOS.map((one) => one.name).join(", ")}.`, 2);
  }
  const { votes, rate = found.rate, duration } = changes;
  if (votes === undefined && changes.rate === undefined && duration === undefined) return found;
  const wanted = votes ?? (duration === undefined ? found.votes : Number.POSITIVE_INFINITY);
  const seconds = Math.max(1, Math.min(Math.ceil(wanted / rate), duration ?? Number.POSITIVE_INFINITY));
  // Other figures than the file's are another run: it must not be taken for, or stored as, the scenario.
  return { ...found, name: CUSTOM, rate, seconds, votes: Math.min(wanted, rate * seconds), ownPhases: false };
}
