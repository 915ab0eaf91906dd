import { resolve } from "node:path";
import { worth } from "./constants.ts";
import {
  addNames,
  below,
  childOf,
  childrenOf,
  type Module,
  moduleAt,
  type Node,
  propertyOf,
  rootOf,
  textOf,
} from "./syntax.ts";
import { titlesOf } from "./titles.ts";

const TESTS = ["test", "it"];
const SUITES = ["describe", "suite"];
const TABLES = ["each", "for"];
const CONDITIONS = ["skipIf", "runIf"];
const MODIFIERS = ["skip", "only", "todo", "concurrent", "sequential", "fails", ...TABLES, ...CONDITIONS];
/** Calls that run their function at once. */
const LOOPS = ["forEach", "map", "flatMap"];
const MOST_NAMES = 20_000;

type Names = readonly (string | undefined)[];

/** The names of a file's tests cannot be found in its source. */
class Undecided extends Error {}

/**
 * The full names of a file's tests, without running it.
 *
 * @param module the test file
 * @returns every name that its tests can have; undefined when its source does not say all of them
 */
export function testNames(module: Module): readonly string[] | undefined {
  try {
    if (module.files.some((file) => registersTests(file, new Set()))) return undefined;
    const reading = new Reading(module);
    for (const statement of module.body) reading.visit(statement, isFunction(statement) ? [undefined] : [""]);
    const names = reading.names.filter((name) => name !== undefined);
    return names.length === reading.names.length ? names : undefined;
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

/** Whether a helper file, or a file that it imports, makes tests. */
function registersTests(file: string, seen: Set<string>): boolean {
  if (seen.has(file) || !file.startsWith(resolve(import.meta.dirname, "../../../tests"))) return false;
  seen.add(file);
  const module = moduleAt(file);
  if (module === undefined) return true;
  const makes = [...module.imports.values()].some(({ from, name }) => from === "vitest" && makesTests(name));
  return makes || module.files.some((other) => registersTests(other, seen));
}

const makesTests = (name: string) => name === "*" || TESTS.includes(name) || SUITES.includes(name);

class Reading {
  readonly names: (string | undefined)[] = [];
  readonly #module: Module;
  /** Local name → `test`, `it`, `describe` or `suite`. */
  #makers: ReadonlyMap<string, string>;

  constructor(module: Module) {
    this.#module = module;
    const fromVitest = [...module.imports].filter(([, { from, name }]) => from === "vitest" && makesTests(name));
    this.#makers = new Map(fromVitest.map(([local, { name }]) => [local, name]));
    if (fromVitest.some(([local, { name }]) => name === "*" || module.rebound.has(local))) throw new Undecided();
  }

  /** Looks for tests in and below a node. Their names begin with one of the prefixes. */
  visit(node: Node, prefixes: Names): void {
    const maker = this.#makers.get(textOf(rootOf(node), "name") ?? "");
    if (maker !== undefined && node.type === "CallExpression") {
      this.#call(node, maker, prefixes);
      return;
    }
    // It is passed on or gets another name, so the tests that it makes there cannot be seen.
    if (node.type === "Identifier" && this.#makers.has(textOf(node, "name") ?? "")) throw new Undecided();
    if (node.type === "ImportDeclaration") return;
    const outside = this.#makers;
    if (isFunction(node)) this.#makers = without(outside, childrenOf(node, "params"));
    const runsHere = node.type === "CallExpression" && LOOPS.includes(propertyOf(childOf(node, "callee")) ?? "");
    for (const child of namesApart(node)) {
      const later = isFunction(child) && !runsHere;
      this.visit(child, later ? [undefined] : prefixes);
    }
    this.#makers = outside;
  }

  #call(call: Node, maker: string, prefixes: Names): void {
    const callee = childOf(call, "callee");
    const { modifiers, table } = chainOf(callee);
    if (!modifiers.every((one) => MODIFIERS.includes(one))) throw new Undecided();
    const [title, ...others] = childrenOf(call, "arguments");
    const [text, values] = [worth(title, this.#module), table === undefined ? undefined : worth(table, this.#module)];
    const isText = typeof text === "string" || typeof text === "number";
    const titles = isText ? (table === undefined ? [String(text)] : titlesOf(String(text), values)) : [undefined];
    const names = joined(prefixes, titles);
    // The table and the conditions are evaluated where the call is.
    if (callee !== undefined) for (const part of argumentsOf(callee)) this.visit(part, prefixes);
    if (SUITES.includes(maker)) {
      for (const part of others.flatMap((one) => (isFunction(one) ? below(one) : [one]))) this.visit(part, names);
      return;
    }
    this.names.push(...names);
    if (this.names.length > MOST_NAMES) throw new Undecided();
  }
}

/** The nodes below a node without names of properties: `TESTS.it` and `{ test: 1 }` are not about tests. */
function namesApart(node: Node): readonly Node[] {
  const field = node.type === "MemberExpression" ? "property" : node.type === "Property" ? "key" : undefined;
  if (field === undefined || node["computed"] === true) return below(node);
  const name = childOf(node, field);
  return below(node).filter((child) => child !== name);
}

/** In `(it) => it.name`, `it` is a parameter. */
function without(makers: ReadonlyMap<string, string>, parameters: readonly Node[]): ReadonlyMap<string, string> {
  const hidden = new Set<string>();
  for (const parameter of parameters) addNames(parameter, hidden);
  return new Map([...makers].filter(([local]) => !hidden.has(local)));
}

const isFunction = ({ type }: Node) =>
  /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type);

/** `test.skipIf(…).each(table)`: its modifiers, and the table. */
function chainOf(callee: Node | undefined): { modifiers: readonly string[]; table: Node | undefined } {
  if (callee === undefined || callee.type === "Identifier") return { modifiers: [], table: undefined };
  if (callee.type === "MemberExpression") {
    const { modifiers, table } = chainOf(childOf(callee, "object"));
    return { modifiers: [...modifiers, propertyOf(callee) ?? "computed"], table };
  }
  if (callee.type !== "CallExpression") throw new Undecided();
  const inner = chainOf(childOf(callee, "callee"));
  const last = inner.modifiers.at(-1) ?? "";
  if (CONDITIONS.includes(last)) return inner;
  if (!TABLES.includes(last)) throw new Undecided();
  return { modifiers: inner.modifiers, table: childrenOf(callee, "arguments")[0] };
}

function argumentsOf(callee: Node): readonly Node[] {
  const inner = childOf(callee, "callee") ?? childOf(callee, "object");
  return [...childrenOf(callee, "arguments"), ...(inner === undefined ? [] : argumentsOf(inner))];
}

function joined(prefixes: Names, titles: Names): Names {
  if (prefixes.length * titles.length > MOST_NAMES) throw new Undecided();
  return prefixes.flatMap((prefix) =>
    titles.map((title) => {
      if (prefix === undefined || title === undefined) return undefined;
      return prefix === "" ? title : `${prefix} > ${title}`;
    }),
  );
}

/**
 * Whether a file can have a test whose full name matches.
 *
 * @param module the test file
 * @param pattern what `--testNamePattern` asks for
 * @returns true also when not all names can be found in the file's source
 */
export function mayHave(module: Module, pattern: RegExp): boolean {
  const names = testNames(module);
  return names === undefined || names.some((name) => name.match(pattern) !== null);
}
