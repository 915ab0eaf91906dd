import { describe, expect, test } from "vitest";
import { z } from "zod";
import { TEST_TAGS } from "../../../commands/test/tags.ts";
import { LOG_FILE_PATHS, ROUTES } from "../../../shared/messages/routes.ts";
import configuration from "../../../vitest.config.ts";
import { splitCommands } from "./command-lines.ts";
import { pages, shellLines } from "./pages.ts";
import { toolComplaint } from "./tools.ts";

const LINES = pages().flatMap(shellLines);
const COMMANDS = LINES.flatMap(({ where, text }) => splitCommands(text).map((words) => ({ where, words })));

/** What follows an option in a command, for each time that it is given. */
function valuesOf(words: readonly string[], option: string): string[] {
  return words.flatMap((word, index) => {
    if (word === option) return [words[index + 1] ?? ""];
    return word.startsWith(`${option}=`) ? [word.slice(option.length + 1)] : [];
  });
}

const isTag = (tag: string) => TEST_TAGS.some(({ name }) => name === tag);
const projects = z
  .array(z.looseObject({ test: z.looseObject({ name: z.string() }) }))
  .parse(configuration.test?.projects)
  .map((project) => project.test.name);

describe("the pages name only", () => {
  test("subcommands and options that cdk, artillery and vitest have", () => {
    expect(
      COMMANDS.flatMap(({ where, words }) => {
        const problem = toolComplaint(words);
        return problem === undefined ? [] : [`${where}: ${problem}`];
      }),
    ).toEqual([]);
    expect(toolComplaint(["npx", "cdk", "deply", "--all"])).toBe("cdk has no deply");
    expect(toolComplaint(["npx", "cdk", "deploy", "--al"])).toBe("cdk deploy has no option --al");
    expect(toolComplaint(["X=1", "npx", "artillery", "run", "x.yml", "--taget"])).toContain("no option --taget");
    expect(toolComplaint(["vitest", "--porject", "unit"])).toContain("no option --porject");
  });

  test("projects and tags that tests have", () => {
    const wrong = COMMANDS.filter(({ words }) => words.includes("test") || words.includes("vitest")).flatMap(
      ({ where, words }) => [
        ...valuesOf(words, "--project")
          .filter((name) => !projects.includes(name))
          .map((name) => `${where}: ${name}`),
        ...[...valuesOf(words, "--tags"), ...valuesOf(words, "--without")]
          .flatMap((expression) => expression.match(/[\w-]+/g) ?? [])
          .filter((tag) => !isTag(tag))
          .map((tag) => `${where}: ${tag}`),
      ],
    );
    expect(wrong).toEqual([]);
  });

  test("routes that the API has", () => {
    const patterns = [
      ...ROUTES.map(({ method, path }) => ({
        method,
        pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
      })),
      // Files, and what they are all below.
      ...LOG_FILE_PATHS.map((path) => ({
        method: "GET",
        pattern: new RegExp(`^${path.replace("/{proxy+}", "").replaceAll(/\{\w+\}/g, "[^/]+")}(?:/.+)?$`),
      })),
    ];
    const named = LINES.flatMap(({ where, text }) =>
      [...text.matchAll(/(?:\b(GET|POST|HEAD|PUT|DELETE|PATCH) )?(\/api\/v1\/[\w/{}.…$-]*[\w}…])/g)].map(
        ([, method, path = ""]) => ({ where, method, path }),
      ),
    );
    const wrong = named.filter(
      ({ method, path }) =>
        !patterns.some((route) => route.pattern.test(path) && (method === undefined || method === route.method)),
    );
    expect(wrong).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });
});
