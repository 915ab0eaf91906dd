import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { runTests } from "./runner.ts";
import { TEST_TAGS } from "./tags.ts";

const ROOT = resolve(import.meta.dirname, "../..");

interface Options {
  testNamePattern?: string;
  tags: string[];
  without: string[];
  project: string[];
  localstack: boolean;
  coverage?: boolean;
  testTimeout?: number;
}

const collect = (value: string, previous: string[]) => [...previous, value];

function milliseconds(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed <= 0)
    throw new InvalidArgumentError("give whole milliseconds, such as 30000");
  return parsed;
}

/** `npm test`. */
export function testCommand(): Command {
  return new Command("npm test --")
    .description(
      "Checks types and lint, and runs every test with coverage floors. With a selection, it runs only the selected tests.",
    )
    .argument("[files...]", "test files, or parts of their paths; options that only vitest knows are passed on")
    .option("-t, --test-name-pattern <pattern>", "only tests whose full name matches this regular expression")
    .option("--tags <expression>", "only tests with these tags: slow, 'slow || load', '!faults'", collect, [])
    .option("--without <tag>", "no tests with this tag (can be repeated)", collect, [])
    .option("--project <name>", "unit, stores, infra, simulation or integration (can be repeated)", collect, [])
    .option("--test-timeout <milliseconds>", "time limit for each test, instead of the configured ones", milliseconds)
    .option("--coverage", "measures coverage, as a run of every test does by default; floors apply only to that run")
    .option("--no-coverage", "measures no coverage and checks no floors")
    .option("--localstack", "run the integration tests against LocalStack", false)
    .allowUnknownOption()
    .addHelpText(
      "after",
      `\nTags:\n${TEST_TAGS.map((tag) => `  ${tag.name.padEnd(11)} ${tag.description}`).join("\n")}`,
    )
    .action(async (files: string[], options: Options) => {
      process.exitCode = await runTests(
        {
          filters: files,
          testNamePattern: options.testNamePattern,
          tags: options.tags,
          without: options.without,
          projects: options.project,
          localstack: options.localstack,
          coverage: options.coverage,
          testTimeoutMilliseconds: options.testTimeout,
        },
        ROOT,
      );
    });
}
