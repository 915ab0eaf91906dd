import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  addNames,
  below,
  childOf,
  childrenOf,
  type Module,
  moduleAt,
  type Node,
  parse,
  textOf,
} from "../../../commands/test/names/syntax.ts";
import { ROOT } from "./house.ts";

/** What `afterAll` uses as if `beforeAll` had succeeded: names without a value at first, and members of these. */
function trustingUses({ body }: Module): string[] {
  const later = new Set<string>();
  const uses: string[] = [];
  const declare = (node: Node) => {
    if (node.type === "VariableDeclaration" && node["kind"] === "let") {
      for (const one of childrenOf(node, "declarations")) if (one["init"] === null) addNames(childOf(one, "id"), later);
    }
    for (const child of below(node)) declare(child);
  };
  /** `if (pool) …` and `if (!env) return` have asked before. */
  const asked = (node: Node): Set<string> => {
    const names = new Set<string>();
    if (node.type === "IfStatement") addNames(childOf(node, "test"), names);
    for (const child of below(node)) for (const name of asked(child)) names.add(name);
    return names;
  };
  const look = (node: Node, inAfterAll: boolean, known: ReadonlySet<string>) => {
    const owner = node.type === "MemberExpression" && node["optional"] !== true ? childOf(node, "object") : undefined;
    const name = owner?.type === "Identifier" ? textOf(owner, "name") : undefined;
    if (inAfterAll && name !== undefined && later.has(name) && !known.has(name)) uses.push(name);
    const isAfterAll = node.type === "CallExpression" && textOf(childOf(node, "callee"), "name") === "afterAll";
    for (const child of below(node)) look(child, inAfterAll || isAfterAll, isAfterAll ? asked(node) : known);
  };
  for (const statement of body) declare(statement);
  for (const statement of body) look(statement, false, new Set());
  return uses;
}

describe("a beforeAll that fails", () => {
  test("is not followed by a second error of afterAll", () => {
    const files = globSync("tests/**/*.test.ts", { cwd: ROOT }).map(
      (path) => [path, moduleAt(join(ROOT, path))] as const,
    );
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap(([path, module]) =>
      module === undefined ? [] : trustingUses(module).map((name) => `${path}: ${name}. instead of ${name}?.`),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ["let env: E; afterAll(async () => { await env.close(); });", ["env"]],
    ["let env: E; afterAll(async () => { await env?.close(); });", []],
    ["let s: S; afterAll(() => s.stop());", ["s"]],
    ["const s = start(); afterAll(() => s.stop());", []],
    ["let env: E; afterAll(async () => { if (!env) return; await env.close(); });", []],
    ["let s: S; afterEach(() => s.stop());", []],
  ])("would be followed by one, in %s: %j", (source, names) => {
    expect(trustingUses(parse(join(ROOT, "made-up.test.ts"), source))).toEqual(names);
  });
});
