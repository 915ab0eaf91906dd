import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { z } from "zod";
import { filesAtOnce } from "./commands/test/file-order.ts";
import { selectionByName } from "./commands/test/names/selection.ts";
import { Sequencer } from "./commands/test/sequencer.ts";
import { limitOf, TEST_TAGS } from "./commands/test/tags.ts";
import { exceptionsOf } from "./commands/test/target-exceptions.ts";

const reports = process.env["REFERENDUM_REPORTS"] || "reports";

/**
 * Five kinds of tests, one project each. `npm test` (bin/test.ts) runs all of them; `npx vitest` works as well.
 * REFERENDUM_TEST_TIMEOUT (milliseconds; `npm test -- --test-timeout`) replaces every time limit below.
 */
function project(name: string, seconds: number, more: object = {}) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      testTimeout: limitOf(seconds),
      hookTimeout: limitOf(Math.max(seconds, 120)),
      ...more,
    },
  };
}

/** Where the integration tests run; `npm test` finds it out and sets it (commands/test/target.ts). */
const target = z.enum(["local", "localstack", "aws"]).catch("local").parse(process.env["TARGET"]);
/** Tests wait longer on LocalStack, which answers many times more slowly than the local stack. */
const slowness = target === "localstack" ? 3 : 1;

function notHere(): string[] {
  // The faults of LocalStack are a separate project.
  const whole = exceptionsOf(target).filter(({ only }) => only === undefined);
  return [...whole.map(({ files }) => files), "tests/integration/localstack/**"];
}

const TWO_FILES = Math.min(2, availableParallelism());
/** In a run of everything the files of all kinds run side by side, in the order of commands/test/file-order.ts. */
const together = filesAtOnce();

/**
 * In other runs they follow the pure tests, which use the CPU all the time. Those with servers wait for most of theirs,
 * so that a third file beside two finds CPU to use.
 */
const WITH_SERVERS = {
  maxWorkers: together ?? (target === "local" ? Math.min(3, 1 + availableParallelism()) : TWO_FILES),
  sequence: { groupOrder: together === undefined ? 1 : 0 },
};

const LOCALSTACK_FAULTS = {
  include: ["tests/integration/localstack/**/*.test.ts"],
  globalSetup: ["tests/support/global-setup.ts"],
  maxWorkers: 1,
  sequence: { groupOrder: 2 },
};

export default defineConfig({
  plugins: [selectionByName()],
  test: {
    projects: [
      // Pure code, which leaves nothing behind: what one file has imported serves the next one.
      project("unit", 20, { isolate: false }),
      project("stores", 60, WITH_SERVERS),
      // Not isolated: its files only read, and share what a worker has synthesized once.
      project("infra", 60, { isolate: false }),
      project("simulation", 60),
      // A vote takes seconds to be counted and no CPU meanwhile: where tests do not disturb each other
      // (`describe.concurrent`) many of a file wait side by side.
      project("integration", 60 * slowness, {
        ...WITH_SERVERS,
        globalSetup: ["tests/support/global-setup.ts"],
        exclude: notHere(),
        maxConcurrency: 12 / slowness,
      }),
      // After the others and one at a time: they empty and restart what the others use.
      ...(target === "localstack" ? [project("localstack", 240, LOCALSTACK_FAULTS)] : []),
    ],
    tags: TEST_TAGS,
    strictTags: true,
    // The functions' logs and metrics are looked at where a test is about them, and are noise elsewhere.
    env: {
      // Stacks and commands are some hundred processes that load the same sources; V8 compiles these once.
      NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/referendum/compiled"),
      POWERTOOLS_LOG_LEVEL: "SILENT",
      POWERTOOLS_METRICS_NAMESPACE: "Referendum",
      POWERTOOLS_METRICS_DISABLED: "true",
      // A batch that was given back comes again after the queue's visibility timeout, twice if need be.
      ...(target === "localstack" ? { REFERENDUM_DECIDED_WITHIN_MS: "150000" } : {}),
    },
    pool: "forks",
    // Two for the two cores of a small machine.
    maxWorkers: together ?? TWO_FILES,
    sequence: { sequencer: Sequencer },
    teardownTimeout: 60_000,
    slowTestThreshold: 5_000,
    reporters: ["default", "junit", "./commands/test/html-reporter.ts"],
    outputFile: { junit: `${reports}/junit.xml` },
    coverage: {
      provider: "v8",
      reportOnFailure: true,
      reportsDirectory: `${reports}/coverage`,
      reporter: ["text", "html", "cobertura", "lcovonly", "json-summary"],
      include: [
        "client",
        "commands",
        "console/server",
        "functions",
        "infra",
        "load",
        "operations",
        "papers",
        "places",
        "proving",
        "shared",
        "terminal",
        "trustees",
      ].map((room) => `${room}/**/*.ts`),
      // places/local runs in separate processes (a stack under test), where this coverage cannot look.
      // places/localstack needs a LocalStack: `npm run test:localstack` is its proof.
      // proving/bench measures code that has tests, and `npm run bench` checks the ledger.
      exclude: [
        "places/local/**",
        "places/localstack/**",
        "commands/localstack.ts",
        "proving/bench/**",
        "commands/bench.ts",
      ],
      ...(process.env.REFERENDUM_COVERAGE_FLOORS === "off" ? {} : { thresholds: floors() }),
    },
  },
});

/** Coverage floors, in per cent. A run of everything fails below them; a run of a part does not look at them. */
function floors() {
  const above = (percent: number) => ({ statements: percent, lines: percent });
  return {
    ...above(80.01),
    "functions/ingest/**": above(85.01),
    "functions/validate/**": above(90.01),
    "functions/aggregate/**": above(85.01),
  };
}
