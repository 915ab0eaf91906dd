/** Where the integration suite can run. */
export type TargetKind = "local" | "localstack" | "aws";

/** Test files, or some tests of a file, that cannot run on a target. */
export interface TargetException {
  /** A glob of test files. */
  readonly files: string;
  /**
   * The name of a group of tests in them; without it, all of their tests. These tests call `cannotRun` with this name.
   */
  readonly only?: string;
  readonly not: readonly TargetKind[];
  readonly reason: string;
}

/**
 * All exceptions from "the same suite everywhere". A run prints those of its target.
 */
export const TARGET_EXCEPTIONS: readonly TargetException[] = [
  {
    files: "tests/integration/own-stack/**",
    not: ["localstack", "aws"],
    reason:
      "each file starts a separate local stack, with other settings or to stop its services; usage-plan and stage " +
      "throttling are not enforced by LocalStack, and a managed service of an account is not stopped by a test",
  },
  {
    files: "tests/integration/pages/states.test.ts",
    not: ["localstack", "aws"],
    reason: "serves the built pages and a made-up API to its own browser, so that it shows the same everywhere",
  },
  {
    files: "tests/integration/pages/console.test.ts",
    not: ["localstack", "aws"],
    reason: "serves the operators' console to its own browser, with made-up states that show the same everywhere",
  },
  {
    files: "tests/integration/pages/reports.test.ts",
    not: ["localstack", "aws"],
    reason: "looks at pages of made-up loads and tests in a browser, without a stack",
  },
  {
    files: "tests/integration/faults/**",
    not: ["localstack", "aws"],
    reason: "kills the local stack's own processes; tests/integration/localstack has the faults of LocalStack",
  },
  {
    files: "tests/integration/hostile/**",
    not: ["localstack", "aws"],
    reason:
      "sends more than 100,000 requests to a separate local stack with a raised throttle, and reads its logs; LocalStack " +
      "is too slow for that, and an account's firewall should not learn that this is normal traffic",
  },
  {
    files: "tests/integration/localstack/**",
    not: ["local", "aws"],
    reason:
      "kills functions' processes, empties Redis and restarts PostgreSQL, all of which npm run localstack started",
  },
  {
    files: "tests/integration/api.test.ts",
    only: "gzip",
    not: ["localstack"],
    reason: "LocalStack decodes gzip before the function sees the body and removes the header, which API Gateway keeps",
  },
  {
    files: "tests/integration/secrecy.test.ts",
    only: "files",
    not: ["localstack", "aws"],
    reason:
      "queues, logs and stores are files that a test can read only on the local stack; rows, items and keys are read everywhere",
  },
];

/**
 * Why a test cannot run on a target.
 *
 * @param kind where the suite runs
 * @param only the name by which the table knows the test
 * @returns the reason, or undefined when it can
 */
export function cannotRun(kind: unknown, only: string): string | undefined {
  return TARGET_EXCEPTIONS.find((exception) => exception.only === only && exception.not.some((not) => not === kind))
    ?.reason;
}

/**
 * The exceptions of a target.
 *
 * @param kind where the suite runs
 */
export function exceptionsOf(kind: TargetKind): readonly TargetException[] {
  return TARGET_EXCEPTIONS.filter((exception) => exception.not.includes(kind));
}
