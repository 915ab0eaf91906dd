import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allArrows, circles, ROOT, roomOf, sourceFiles, violations } from "./house.ts";
import { MISTAKES } from "./mistakes.ts";
import { ROOMS } from "./rooms.ts";

describe("rooms", () => {
  test("import and name only allowed rooms", () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(200);
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
    expect(files.flatMap((file) => violations(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
  });

  test("import only rooms that are below them", () => {
    for (const [floor, { name, imports }] of ROOMS.entries()) {
      const below = ROOMS.slice(floor + 1).map((room) => room.name);
      const above = imports.filter((path) => !below.some((room) => path.startsWith(room) || room.startsWith(path)));
      expect(above, name).toEqual([]);
    }
  });

  test("are what the table in docs/architecture.md says, in the same order", () => {
    const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
    const table = page.slice(page.indexOf("| room | holds | may import |")).split("\n\n", 1)[0] ?? "";
    const rows = table.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
    const said = rows.flatMap(([, room = "", , may = ""]) => {
      const name = /^`([^`]+)`$/.exec(room)?.[1];
      // Whoever writes tests may import everything.
      if (name === undefined || name === "tests") return [];
      const named = [...may.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
      return [{ name, imports: named.filter((path) => isRoom(path)).sort() }];
    });
    expect(said).toEqual(ROOMS.map(({ name, imports }) => ({ name, imports: [...imports].sort() })));
  });

  test("have no circle of folders or files", () => {
    expect(circles(allArrows())).toEqual([]);
  });

  test.each(MISTAKES)("would notice in %s: %s", (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  test("each have such a mistake in this test", () => {
    const tried = new Set(MISTAKES.map(([file]) => roomOf(file)?.name));
    expect(ROOMS.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  test("would notice a circle", () => {
    const arrow = (from: string, to: string) => ({ from, to, kind: "import" as const });
    expect(circles([arrow("a/one/x.ts", "a/two/y.ts"), arrow("a/two/z.ts", "a/one/w.ts")])).toEqual([
      "a/one → (a/one/x.ts imports a/two/y.ts) a/two → (a/two/z.ts imports a/one/w.ts) a/one",
    ]);
    expect(circles([arrow("a/one/x.ts", "a/two/y.ts"), arrow("a/two/z.ts", "b/w.ts")])).toEqual([]);
  });
});

/** Whether a name in the page's table is a room, or a file of one: the others are packages. */
function isRoom(path: string): boolean {
  return ROOMS.some(({ name }) => name === path || name.startsWith(`${path}/`) || path.startsWith(`${name}/`));
}
