import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../..");

/** A room's imports: rooms of this project, and packages where only some are allowed. docs/architecture.md says why. */
interface Rule {
  rooms: string[];
  packages?: string[];
}

/** The most specific room wins. A room may always import itself. */
const RULES: Record<string, Rule> = {
  "shared/domain": { rooms: [], packages: ["node:crypto"] },
  "shared/messages": { rooms: ["shared/domain"], packages: ["zod"] },
  "shared/stores": { rooms: ["shared/domain", "shared/messages"] },
  "shared/runtime": { rooms: ["shared/domain", "shared/messages", "shared/stores"] },
  functions: { rooms: ["shared"] },
  // Of the runtime only the metrics' names: alarms and dashboards must spell them as the code does.
  infra: { rooms: ["shared/domain", "shared/messages", "shared/runtime/metrics.ts"] },
  "infra/local": { rooms: ["infra", "shared", "commands"] },
  commands: { rooms: ["shared", "infra"] },
  // It measures what one function alone can do, in its own process.
  "commands/bench": { rooms: ["commands", "shared", "infra", "functions"] },
  // It goes to voters: it needs nothing but what a browser has.
  client: { rooms: [], packages: [] },
  load: { rooms: ["shared", "commands", "infra", "client"] },
  bin: { rooms: ["commands", "infra", "load", "shared"] },
};
const ROOMS = Object.keys(RULES).sort((a, b) => b.length - a.length);

/** What stands outside the rules, each with its reason. */
const EXCEPTIONS = new Set([
  // npm test and npm run simulate are front doors of the tests.
  "bin/test.ts → tests/support",
  "bin/simulate.ts → tests/simulation",
]);

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)["']([^"'\s]+)["']/gm;

function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

/** Imports of one source file that its room does not allow, in words. */
function violations(file: string, source: string): string[] {
  const room = ROOMS.find((candidate) => isIn(file, candidate));
  const rule = room && RULES[room];
  if (!room || !rule) return [];
  return [...source.matchAll(IMPORT)].flatMap(([, specifier = ""]) => {
    const target = specifier.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : "node_modules";
    if (isIn(target, "node_modules")) {
      return rule.packages && !rule.packages.includes(specifier) ? [`${file} imports the package ${specifier}`] : [];
    }
    if (room === "infra" && isIn(target, "infra/local")) return [`${file} imports ${target}`];
    if (!target.includes("/") || isIn(target, room) || rule.rooms.some((allowed) => isIn(target, allowed))) {
      return crossesFunctions(file, target) ? [`${file} imports another function's ${target}`] : [];
    }
    return EXCEPTIONS.has(`${file} → ${dirname(target)}`) ? [] : [`${file} imports ${target}`];
  });
}

/** A function is deployed alone: it shares through shared/, never with its neighbour. */
function crossesFunctions(file: string, target: string): boolean {
  const folder = (path: string) => /^functions\/([^/]+)\//.exec(path)?.[1];
  return folder(file) !== undefined && folder(target) !== undefined && folder(file) !== folder(target);
}

async function sources(): Promise<string[]> {
  const folders = [...new Set(ROOMS.map((room) => room.split("/")[0] ?? room))];
  const lists = await Promise.all(
    folders.map((folder) => readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => [])),
  );
  return lists
    .flat()
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

describe("rooms", () => {
  test("import only what they may", async () => {
    const files = await sources();
    expect(files.length).toBeGreaterThan(40);
    expect(files.flatMap((file) => violations(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
  });

  test.each([
    ["shared/domain/x.ts", 'import { z } from "zod";'],
    ["shared/domain/x.ts", 'import type { A } from "../messages/queue.ts";'],
    ["shared/stores/x.ts", 'import { log } from "../runtime/log.ts";'],
    ["functions/ingest/x.ts", 'import { a } from "../validate/decide.ts";'],
    ["functions/ingest/x.ts", 'const a = await import("../../infra/stages.ts");'],
    ["infra/stacks/x.ts", 'import "../local/front.ts";'],
    ["commands/x.ts", 'import { a } from "../tests/support/tags.ts";'],
  ])("would notice in %s: %s", (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });
});
