import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allArrows, circles, ROOT, roomOf, sourceFiles, violations } from "./house.ts";
import { ROOMS } from "./rooms.ts";

describe("rooms", () => {
  test("import and name only what they may", () => {
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

  test("have no circle of folders or files", () => {
    expect(circles(allArrows())).toEqual([]);
  });

  /** One mistake for each room, that the test above would find. */
  test.each([
    ["bin/x.ts", 'import { findTarget } from "../places/find-target.ts";'],
    ["commands/x.ts", 'import { a } from "../tests/support/factories.ts";'],
    ["commands/x.ts", 'import { a } from "../functions/ingest/accept.ts";'],
    ["proving/faults/x.ts", 'import { a } from "../../commands/faults.ts";'],
    ["load/run/x.ts", 'import { a } from "../../proving/random.ts";'],
    ["places/local/x.ts", 'spawn(process.execPath, [join(ROOT, "bin/local.ts")]);'],
    ["places/local/x.ts", 'spawn(process.execPath, [join(ROOT, "bin", "local.ts")]);'],
    ["places/x.ts", 'import { a } from "../commands/common-options.ts";'],
    ["infra/stacks/x.ts", 'import "../../places/local/front.ts";'],
    ["infra/x.ts", 'import { log } from "../shared/runtime/log.ts";'],
    ["functions/ingest/x.ts", 'import { a } from "../validate/decide.ts";'],
    ["functions/ingest/x.ts", 'const a = await import("../../infra/stages.ts");'],
    ["operations/x.ts", 'import { UserError } from "../terminal/errors.ts";'],
    ["operations/x.ts", 'import { Target } from "../places/target.ts";'],
    ["shared/runtime/x.ts", 'import type { Servers } from "../../operations/servers.ts";'],
    ["shared/stores/x.ts", 'import { log } from "../runtime/log.ts";'],
    ["shared/messages/x.ts", 'import { A } from "../stores/queue.ts";'],
    ["terminal/x.ts", 'import { a } from "../machine/processes.ts";'],
    ["machine/x.ts", 'import { a } from "../shared/domain/law.ts";'],
    ["shared/domain/x.ts", 'import { z } from "zod";'],
    ["shared/domain/x.ts", 'import type { A } from "../messages/queue.ts";'],
    ["examples/x.mjs", 'import { castVote } from "../client/index.ts";'],
    ["web/pages/x.ts", 'import { Law } from "../../shared/messages/responses.ts";'],
    ["web/pages/x.ts", 'import { z } from "zod";'],
    ["client/x.ts", 'import { z } from "zod";'],
  ])("would notice in %s: %s", (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  test("each have such a mistake", () => {
    const tried = new Set(["bin", "commands", "proving", "load", "places", "infra", "functions", "operations"]);
    for (const name of ["shared/runtime", "shared/stores", "shared/messages", "shared/domain"]) tried.add(name);
    for (const name of ["terminal", "machine", "examples", "client", "web"]) tried.add(name);
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
