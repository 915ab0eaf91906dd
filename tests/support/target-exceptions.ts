/** Where the integration suite can run. */
export type TargetKind = "local" | "localstack" | "aws";

/** Test files that cannot run on a target. */
export interface TargetException {
  /** A glob of test files. */
  readonly files: string;
  readonly not: readonly TargetKind[];
  readonly reason: string;
}

/**
 * Every exception from "the same suite everywhere", in one place. A run prints those of its target.
 */
export const TARGET_EXCEPTIONS: readonly TargetException[] = [
  {
    files: "tests/integration/own-stack/**",
    not: ["localstack", "aws"],
    reason:
      "each file starts a local stack of its own, with settings of its own or to stop its services; usage-plan and stage " +
      "throttling are not enforced by LocalStack, and a managed service of an account is not stopped by a test",
  },
  {
    files: "tests/integration/faults/**",
    not: ["localstack", "aws"],
    reason: "kills the local stack's own processes; tests/integration/localstack has the faults of LocalStack",
  },
  {
    files: "tests/integration/localstack/**",
    not: ["local", "aws"],
    reason: "kills functions' processes, empties Redis and restarts PostgreSQL as npm run localstack started them",
  },
];

/**
 * The exceptions of a target.
 *
 * @param kind where the suite runs
 */
export function exceptionsOf(kind: TargetKind): readonly TargetException[] {
  return TARGET_EXCEPTIONS.filter((exception) => exception.not.includes(kind));
}
