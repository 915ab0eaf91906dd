import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseAst } from "vitest/node";

/** A node of a syntax tree, as ESTree describes it. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A source file, with facts about its names that can be found without running it. */
export interface Module {
  readonly path: string;
  readonly body: readonly Node[];
  /** The values of the `const` names that it declares. */
  readonly constants: ReadonlyMap<string, Node>;
  /** Its imports by name: local name → file or package, and the name there. */
  readonly imports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** The files of this project that it imports, except for types. */
  readonly files: readonly string[];
  /** Names that are bound again in a function or block, or changed in place. */
  readonly rebound: ReadonlySet<string>;
  /** Names of parameters. */
  readonly parameters: ReadonlySet<string>;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The node in a field, if there is one. */
export function childOf(node: Node | undefined, field: string): Node | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The nodes of a field that holds a list. */
export function childrenOf(node: Node | undefined, field: string): readonly Node[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text in a field, such as an identifier's name. */
export function textOf(node: Node | undefined, field: string): string | undefined {
  const value = node?.[field];
  return typeof value === "string" ? value : undefined;
}

/** Every node directly below one. */
export function below(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** The property that a member expression names; undefined when it is computed. */
export function propertyOf(member: Node | undefined): string | undefined {
  return member?.["computed"] === true ? undefined : textOf(childOf(member, "property"), "name");
}

const CHANGES = new Set(["push", "unshift", "pop", "shift", "splice", "sort", "reverse", "fill", "copyWithin"]);
const SCOPES = /^(?:Function|Arrow|BlockStatement|For|Catch|Class|Switch)/;

const known = new Map<string, Module | undefined>();

/**
 * Reads a source file, once.
 *
 * @param path an absolute path
 * @returns undefined when there is no such file
 * @throws Error when it cannot be parsed
 */
export function moduleAt(path: string): Module | undefined {
  if (!known.has(path)) known.set(path, existsSync(path) ? parse(path, readFileSync(path, "utf8")) : undefined);
  return known.get(path);
}

/**
 * Reads a source text.
 *
 * @param path its place, so that its relative imports are found
 * @param text the source
 * @throws Error when it cannot be parsed
 */
export function parse(path: string, text: string): Module {
  const body = childrenOf({ type: "Program", body: parseAst(text, { lang: "ts" }).body }, "body");
  const constants = new Map<string, Node>();
  const imports = new Map<string, { from: string; name: string }>();
  const files: string[] = [];
  for (const statement of body) {
    const declaration = childOf(statement, "declaration") ?? statement;
    if (declaration.type === "VariableDeclaration" && declaration["kind"] === "const") {
      for (const one of childrenOf(declaration, "declarations")) {
        const [name, value] = [textOf(childOf(one, "id"), "name"), childOf(one, "init")];
        if (name !== undefined && value !== undefined) constants.set(name, value);
      }
    }
    const source = childOf(statement, "source");
    if (source === undefined || statement["importKind"] === "type" || statement["exportKind"] === "type") continue;
    const specifier = textOf(source, "value") ?? "";
    const from = specifier.startsWith(".") ? resolve(dirname(path), specifier) : specifier;
    if (specifier.startsWith(".")) files.push(from);
    for (const one of childrenOf(statement, "specifiers")) {
      const [local, name] = [textOf(childOf(one, "local"), "name"), textOf(childOf(one, "imported"), "name") ?? "*"];
      if (statement.type === "ImportDeclaration" && local !== undefined) imports.set(local, { from, name });
    }
  }
  const bindings = { rebound: new Set<string>(), parameters: new Set<string>() };
  for (const statement of body) collectBindings(statement, false, bindings);
  return { path, body, constants, imports, files, ...bindings };
}

function collectBindings(
  node: Node,
  inside: boolean,
  found: { readonly rebound: Set<string>; readonly parameters: Set<string> },
): void {
  for (const parameter of childrenOf(node, "params")) addNames(parameter, found.parameters);
  if (node.type === "VariableDeclarator" && inside) addNames(childOf(node, "id"), found.rebound);
  if (node.type === "CatchClause") addNames(childOf(node, "param"), found.rebound);
  if (inside && /Declaration$/.test(node.type)) addNames(childOf(node, "id"), found.rebound);
  if (node.type === "AssignmentExpression") addNames(ownerOf(childOf(node, "left")), found.rebound);
  if (node.type === "UpdateExpression") addNames(ownerOf(childOf(node, "argument")), found.rebound);
  const callee = childOf(node, "callee");
  if (CHANGES.has(propertyOf(callee) ?? "")) addNames(ownerOf(callee), found.rebound);
  for (const child of below(node)) collectBindings(child, inside || SCOPES.test(node.type), found);
}

/**
 * The name whose value a chain of members belongs to; undefined for the result of a call. Patterns are returned
 * unchanged.
 */
function ownerOf(node: Node | undefined): Node | undefined {
  if (node?.type === "MemberExpression") return ownerOf(childOf(node, "object"));
  return node?.type === "CallExpression" ? undefined : node;
}

/** The identifier that a chain of members and calls begins with. */
export function rootOf(node: Node | undefined): Node | undefined {
  if (node?.type === "MemberExpression") return rootOf(childOf(node, "object"));
  if (node?.type === "CallExpression") return rootOf(childOf(node, "callee"));
  if (node?.type === "TaggedTemplateExpression") return rootOf(childOf(node, "tag"));
  return node;
}

/** Adds every name in a pattern. */
export function addNames(pattern: Node | undefined, names: Set<string>): void {
  if (pattern === undefined) return;
  const name = pattern.type === "Identifier" ? textOf(pattern, "name") : undefined;
  if (name !== undefined) names.add(name);
  else for (const child of below(pattern)) addNames(child, names);
}
