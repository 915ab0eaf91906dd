import type { Route } from "../template/apis.ts";

/** The route that answers a request. */
export interface Match {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

interface Node {
  readonly children: Map<string, Node>;
  parameter?: { readonly name: string; readonly node: Node };
  greedy?: { readonly name: string; readonly node: Node };
  readonly methods: Map<string, Route>;
}

const newNode = (): Node => ({ children: new Map(), methods: new Map() });

/**
 * Finds the route of a request as API Gateway does: an exact part of the path before a parameter, a parameter before a
 * greedy one, and the method itself before `ANY` (API Gateway Developer Guide, "Set up a proxy integration"). A slash
 * at the end makes no difference to a REST API (reported for AWS in github.com/aws-powertools/powertools-lambda-python,
 * issue 1552).
 */
export class Router {
  readonly #root = newNode();

  /** @param routes the API's methods */
  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      let node = this.#root;
      for (const part of partsOf(route.path)) node = childOf(node, part);
      node.methods.set(route.method, route);
    }
  }

  /**
   * @param method the request's method
   * @param path the request's path as it was sent, without the query
   * @returns undefined when path or method is unknown, which API Gateway answers with "missing authentication token"
   */
  match(method: string, path: string): Match | undefined {
    const found = walk(this.#root, partsOf(path), 0, method, []);
    if (found === undefined) return undefined;
    const { route, values } = found;
    return { route, pathParameters: values.length === 0 ? null : Object.fromEntries(values) };
  }
}

function partsOf(path: string): string[] {
  const inner = path.replace(/^\//, "").replace(/\/$/, "");
  return inner === "" ? [] : inner.split("/");
}

function childOf(node: Node, part: string): Node {
  const name = /^\{([^}+]+)(\+?)\}$/.exec(part);
  if (name === null) {
    const child = node.children.get(part) ?? newNode();
    node.children.set(part, child);
    return child;
  }
  const [, parameter = "", greedy] = name;
  const slot = greedy === "+" ? "greedy" : "parameter";
  node[slot] ??= { name: parameter, node: newNode() };
  return node[slot].node;
}

type Found = { readonly route: Route; readonly values: [string, string][] };

function walk(node: Node, parts: string[], at: number, method: string, values: [string, string][]): Found | undefined {
  const part = parts[at];
  if (part === undefined) {
    const route = node.methods.get(method) ?? node.methods.get("ANY");
    return route === undefined ? undefined : { route, values };
  }
  const child = node.children.get(part);
  const exact = child && walk(child, parts, at + 1, method, values);
  if (exact !== undefined) return exact;
  if (node.parameter !== undefined && part !== "") {
    const { name, node: next } = node.parameter;
    const byParameter = walk(next, parts, at + 1, method, [...values, [name, decode(part)]]);
    if (byParameter !== undefined) return byParameter;
  }
  if (node.greedy === undefined) return undefined;
  const route = node.greedy.node.methods.get(method) ?? node.greedy.node.methods.get("ANY");
  if (route === undefined) return undefined;
  return { route, values: [...values, [node.greedy.name, parts.slice(at).map(decode).join("/")]] };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray % is passed on unchanged.
    return part;
  }
}
