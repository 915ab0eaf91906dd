import { describe, expect, test } from "vitest";
import { isWholeRun, refuseEscapedPath, type TestRequest, vitestCommand } from "../../../commands/test/runner.ts";
import { refuseUnknownOptions } from "../../../commands/test/vitest-options.ts";

const everything: TestRequest = { filters: [], tags: [], without: [], projects: [], localstack: false };

describe("npm test", () => {
  test("without a selection runs everything with coverage and its floors", () => {
    expect(isWholeRun(everything)).toBe(true);
    expect(vitestCommand(everything)).toEqual({ args: ["run", "--coverage"], env: {} });
  });

  test("with a time limit is still a whole run", () => {
    const request = { ...everything, testTimeoutMilliseconds: 1000 };
    expect(vitestCommand(request)).toEqual({ args: ["run", "--coverage"], env: { REFERENDUM_TEST_TIMEOUT: "1000" } });
  });

  test.each([
    ["a file", { filters: ["tests/unit"] }, ["run", "tests/unit"]],
    ["a name", { testNamePattern: "once only" }, ["run", "--testNamePattern", "once only"]],
    ["a tag", { tags: ["slow || load"] }, ["run", "--tagsFilter=(slow || load)"]],
    ["tags to leave out", { tags: ["slow"], without: ["load"] }, ["run", "--tagsFilter=(slow) && (!load)"]],
    ["a project", { projects: ["unit"] }, ["run", "--project", "unit"]],
    ["coverage of a part", { filters: ["x"], coverage: true }, ["run", "x", "--coverage"]],
  ])("with %s runs only that, without floors", (_what, change, args) => {
    expect(vitestCommand({ ...everything, ...change })).toEqual({ args, env: { REFERENDUM_COVERAGE_FLOORS: "off" } });
  });

  test("against LocalStack runs the integration tests there", () => {
    const { args, env } = vitestCommand({ ...everything, localstack: true });
    expect(args).toEqual(["run", "--project", "integration", "--project", "localstack"]);
    expect(env.TARGET).toBe("localstack");
  });
});

test("a folder with a percent sign in its name is refused before vitest fails in it", () => {
  expect(() => refuseEscapedPath("/home/me/a%20b/referendum")).toThrow(
    /^The tests cannot run in \/home.*rename the folder/,
  );
  expect(() => refuseEscapedPath("/home/me/référendum et autres")).not.toThrow();
});

describe("an option that npm test does not know", () => {
  test.each([
    [["--bogus"], "Unknown option `--bogus`"],
    [["tests/unit", "-z"], "Unknown option `-z`"],
    [["--no-bogus"], "Unknown option `--bogus`"],
    [["--shard"], "option `--shard <shards>` value is missing"],
  ])("is refused with exit code 2 if Vitest cannot use it either: %j", async (passedOn, reason) => {
    await expect(refuseUnknownOptions(passedOn)).rejects.toMatchObject({
      message: expect.stringContaining(`Neither npm test nor Vitest can use this command line: ${reason}.`),
      exitCode: 2,
    });
  });

  test.each([
    [["--bail", "1"]],
    [["tests/unit/bin", "--retry=2", "--reporter=dot"]],
    [["--no-file-parallelism", "--coverage.reporter=text"]],
    [["-u"]],
    [["--shard", "1/2"]],
    [["tests/unit"]],
  ])("is handed on if Vitest knows it: %j", async (passedOn) => {
    await expect(refuseUnknownOptions(passedOn)).resolves.toBeUndefined();
  });
});
