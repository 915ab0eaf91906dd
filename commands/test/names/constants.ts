import { childOf, childrenOf, type Module, moduleAt, type Node, propertyOf, textOf } from "./syntax.ts";

/** The value of an expression that cannot be read off its source. */
export const UNKNOWN = Symbol("unknown");

const DEEPEST = 40;

/**
 * The value of an expression of constants: literals, arrays, objects, templates, sums, names of constants in this file
 * or another one, and `Object.keys`, `values` and `entries` of these.
 *
 * @param node the expression
 * @param module the file that it is in
 * @returns a value whose parts may be UNKNOWN, or UNKNOWN
 */
export function worth(node: Node | undefined, module: Module, depth = 0): unknown {
  if (node === undefined || depth > DEEPEST) return UNKNOWN;
  const of = (inner: Node | undefined) => worth(inner, module, depth + 1);
  switch (node.type) {
    case "Literal":
      return node["value"] instanceof RegExp || "bigint" in node ? UNKNOWN : node["value"];
    case "TemplateLiteral":
      return template(node, of);
    case "ArrayExpression":
      return array(node, of);
    case "ObjectExpression":
      return object(node, of);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "ParenthesizedExpression":
      return of(childOf(node, "expression"));
    case "BinaryExpression":
      return binary(textOf(node, "operator"), of(childOf(node, "left")), of(childOf(node, "right")));
    case "MemberExpression":
      return member(of(childOf(node, "object")), propertyOf(node));
    case "CallExpression":
      return parts(childOf(node, "callee"), of(childrenOf(node, "arguments")[0]));
    case "Identifier":
      return named(textOf(node, "name") ?? "", module, depth);
    default:
      return UNKNOWN;
  }
}

function template(node: Node, of: (inner: Node) => unknown): unknown {
  const values = childrenOf(node, "expressions").map(of);
  if (!values.every((value) => typeof value === "string" || typeof value === "number")) return UNKNOWN;
  const texts = childrenOf(node, "quasis").map((quasi) => cookedOf(quasi["value"]));
  return texts.map((text, index) => `${text}${values[index] ?? ""}`).join("");
}

function cookedOf(value: unknown): string {
  return typeof value === "object" && value !== null && "cooked" in value ? String(value.cooked) : "";
}

function array(node: Node, of: (inner: Node | undefined) => unknown): unknown {
  const list: unknown[] = [];
  for (const element of childrenOf(node, "elements")) {
    if (element.type !== "SpreadElement") {
      list.push(of(element));
      continue;
    }
    const more = of(childOf(element, "argument"));
    if (!Array.isArray(more)) return UNKNOWN;
    list.push(...more);
  }
  return list;
}

function object(node: Node, of: (inner: Node | undefined) => unknown): unknown {
  const entries = new Map<string, unknown>();
  for (const property of childrenOf(node, "properties")) {
    if (property.type === "SpreadElement") {
      const more = of(childOf(property, "argument"));
      if (typeof more !== "object" || more === null) return UNKNOWN;
      for (const [key, value] of Object.entries(more)) entries.set(key, value);
      continue;
    }
    const key = childOf(property, "key");
    const name = textOf(key, "name") ?? textOf(key, "value");
    if (property["computed"] === true || name === undefined) return UNKNOWN;
    entries.set(name, property["kind"] === "init" ? of(childOf(property, "value")) : UNKNOWN);
  }
  return Object.fromEntries(entries);
}

function binary(operator: string | undefined, left: unknown, right: unknown): unknown {
  if (typeof left === "number" && typeof right === "number") {
    if (operator === "+") return left + right;
    if (operator === "-") return left - right;
    if (operator === "*") return left * right;
  }
  const texts = [left, right].every((value) => typeof value === "string" || typeof value === "number");
  return operator === "+" && texts ? `${String(left)}${String(right)}` : UNKNOWN;
}

function member(of: unknown, name: string | undefined): unknown {
  if (name === undefined || typeof of !== "object" || of === null || Array.isArray(of)) return UNKNOWN;
  return Object.hasOwn(of, name) ? Reflect.get(of, name) : UNKNOWN;
}

function parts(callee: Node | undefined, of: unknown): unknown {
  const isOfObject = textOf(childOf(callee, "object"), "name") === "Object";
  if (!isOfObject || typeof of !== "object" || of === null) return UNKNOWN;
  const name = propertyOf(callee);
  if (name === "keys") return Object.keys(of);
  if (name === "values") return Object.values(of);
  return name === "entries" ? Object.entries(of) : UNKNOWN;
}

function named(name: string, module: Module, depth: number): unknown {
  if (module.rebound.has(name) || module.parameters.has(name)) return UNKNOWN;
  const constant = module.constants.get(name);
  if (constant !== undefined) return worth(constant, module, depth + 1);
  const imported = module.imports.get(name);
  if (imported === undefined || !imported.from.endsWith(".ts")) return UNKNOWN;
  const other = moduleAt(imported.from);
  return other === undefined ? UNKNOWN : named(imported.name, other, depth + 1);
}
