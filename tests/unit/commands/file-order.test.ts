import { afterEach, describe, expect, test, vi } from "vitest";
import { filesAtOnce, inOrder, type TestFile } from "../../../commands/test/file-order.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

function file(path: string, lastMilliseconds?: number): TestFile {
  const project = path.split("/")[1] ?? "";
  return { project, path: `/x/${path}`, sharesWorker: ["unit", "infra"].includes(project), lastMilliseconds };
}

const pathsOf = (files: readonly TestFile[]) => files.map(({ path }) => path.slice("/x/tests/".length));

describe("the order of a run of everything", () => {
  const files = [
    file("tests/unit/a.test.ts", 9),
    file("tests/infra/a.test.ts", 9),
    file("tests/stores/short.test.ts", 2_000),
    file("tests/simulation/histories.test.ts", 90_000),
    file("tests/unit/b.test.ts", 9),
    file("tests/integration/middle.test.ts", 30_000),
    file("tests/stores/long.test.ts", 62_000),
    file("tests/infra/b.test.ts", 9),
    file("tests/integration/own-stack/longest.test.ts", 91_000),
  ];

  test("begins with the longest files that wait for servers, keeps the files of a shared worker together, and ends with the shortest", () => {
    expect(pathsOf(inOrder(files, 3))).toEqual([
      "integration/own-stack/longest.test.ts",
      "stores/long.test.ts",
      "infra/a.test.ts",
      "infra/b.test.ts",
      "unit/a.test.ts",
      "unit/b.test.ts",
      "simulation/histories.test.ts",
      "integration/middle.test.ts",
      "stores/short.test.ts",
    ]);
  });

  test("leaves out no file, with one worker as with many", () => {
    for (const workers of [1, 2, 40]) expect(pathsOf(inOrder(files, workers)).sort()).toEqual(pathsOf(files).sort());
  });

  test("goes by what files usually take where they have not run yet", () => {
    const fresh = ["stores/a", "integration/a", "integration/own-stack/a", "integration/faults/a"];
    const order = inOrder(
      fresh.map((name) => file(`tests/${name}.test.ts`)),
      1,
    );
    expect(pathsOf(order)).toEqual(fresh.toReversed().map((name) => `${name}.test.ts`));
  });
});

test("files of all kinds run side by side when everything is run, and not when a part is", () => {
  vi.stubEnv("REFERENDUM_TESTS_TOGETHER", "1");
  expect(filesAtOnce()).toBeGreaterThanOrEqual(2);
  vi.stubEnv("REFERENDUM_TESTS_TOGETHER", undefined);
  expect(filesAtOnce()).toBeUndefined();
});
