import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { arrowsOf, ROOT } from "./house.ts";

/** Modules that start a server, or a process that is one. */
const STARTERS = [
  "places/local/starter.ts",
  "places/local/supervisor.ts",
  "places/local/services/postgres.ts",
  "tests/support/environment.ts",
  "tests/support/shared-stack.ts",
];

/** Tests of programs start those programs; none of them is a server. */
const isStarter = (path: string) => STARTERS.includes(path) || path.startsWith("tests/stores/");

test("unit tests start no server", () => {
  const files = globSync("tests/unit/**/*.ts", { cwd: ROOT });
  expect(files.length).toBeGreaterThan(40);
  const found = files.flatMap((file) =>
    arrowsOf(file, readFileSync(join(ROOT, file), "utf8"))
      .filter(({ kind, to }) => kind === "import" && isStarter(relative(ROOT, resolve(ROOT, to))))
      .map(({ to }) => `${file} imports ${to}`),
  );
  expect(found).toEqual([]);
  expect(dirname(files[0] ?? "")).toContain("tests/unit");
});
