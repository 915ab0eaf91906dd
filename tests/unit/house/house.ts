import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { ROOMS, type Room } from "./rooms.ts";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** One file that names another: by an import, or by a path in a string. */
export interface Arrow {
  readonly from: string;
  /** From the project's root; a package's name for a package. */
  readonly to: string;
  readonly kind: "import" | "name" | "package";
}

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)["']([^"'\s]+)["']/gm;
/** Strings one after another, as `join(ROOT, "infra", "app.ts")` has them. */
const STRINGS = /"[^"\n]*"(?:\s*,\s*"[^"\n]*")*/g;

/**
 * Finds what a source file imports and names.
 *
 * @param file its path, from the project's root
 * @param source its text
 */
export function arrowsOf(file: string, source: string): Arrow[] {
  const arrows: Arrow[] = [];
  const code = source.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
  const rest = code.replaceAll(IMPORT, (_, specifier: string) => {
    const isFile = specifier.startsWith(".");
    const to = isFile ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
    const isPackage = !isFile || to.startsWith("node_modules/");
    arrows.push({ from: file, to, kind: isPackage ? "package" : "import" });
    return "";
  });
  for (const [strings] of rest.matchAll(STRINGS)) {
    const parts = [...strings.matchAll(/"([^"]*)"/g)].map(([, part = ""]) => part);
    for (const path of new Set([...parts, parts.join("/")])) {
      const to = pathNamed(file, path);
      if (to !== undefined) arrows.push({ from: file, to, kind: "name" });
    }
  }
  return arrows;
}

/** The file or folder of this project that a string names, if it names one within a room. */
function pathNamed(file: string, text: string): string | undefined {
  if (!/^[\w.-]+(?:\/[\w.-]+)+$/.test(text)) return undefined;
  for (const base of [ROOT, resolve(ROOT, dirname(file))]) {
    const to = relative(ROOT, resolve(base, text));
    if (existsSync(join(ROOT, to)) && (roomOf(to) !== undefined || to.startsWith("tests/"))) return to;
  }
  return undefined;
}

const isIn = (path: string, room: string) => path === room || path.startsWith(`${room}/`);

/** The room that a path lies in: the most specific one. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.filter(({ name }) => isIn(path, name)).sort((one, other) => other.name.length - one.name.length)[0];
}

/**
 * Says in words which arrows of a file its room does not allow.
 *
 * @param file its path, from the project's root
 * @param source its text
 */
export function violations(file: string, source: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [];
  return arrowsOf(file, source).flatMap(({ to, kind }) => {
    if (kind === "package") {
      return room.packages === undefined || room.packages.includes(to) ? [] : [`${file} imports the package ${to}`];
    }
    if (room.documents?.includes(to)) return [];
    const allowed = kind === "import" ? room.imports : [...room.imports, ...(room.names ?? [])];
    if (crossesFunctions(file, to)) return [`${file} ${kind}s another function's ${to}`];
    if (!to.includes("/") || isIn(to, room.name) || allowed.some((one) => isIn(to, one))) return [];
    return [`${file} ${kind}s ${to}`];
  });
}

/** What `operate` and `roll` have in common: how they read a call of the operators' API. It is no function itself. */
const DOOR = /^functions\/door\//;

/** A function is deployed alone: it shares through shared/ and the door, never with its neighbour. */
function crossesFunctions(from: string, to: string): boolean {
  const folder = (path: string) => /^functions\/([^/]+)\//.exec(path)?.[1];
  if (DOOR.test(to) && /^functions\/(operate|roll)\//.test(from)) return false;
  return folder(from) !== undefined && folder(to) !== undefined && folder(from) !== folder(to);
}

/** Every source file of the rooms, from the project's root. */
export function sourceFiles(): string[] {
  const folders = [...new Set(ROOMS.map(({ name }) => name.split("/")[0] ?? name))];
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((path) => /\.m?ts$/.test(path) && !path.includes("node_modules") && statSync(join(ROOT, path)).isFile()),
  );
}

/** Every arrow between two files of the house. */
export function allArrows(): Arrow[] {
  return sourceFiles()
    .flatMap((file) => arrowsOf(file, readFileSync(join(ROOT, file), "utf8")))
    .filter(({ kind }) => kind !== "package");
}

/**
 * Finds circles. In each folder its subfolders and its own files are looked at as they stand side by side: what is in a
 * subfolder counts as the subfolder.
 *
 * @param arrows arrows between files
 * @returns each circle as the names in it, with an arrow for each step
 */
export function circles(arrows: readonly Arrow[]): string[] {
  const edges = new Map<string, Map<string, Arrow>>();
  for (const arrow of arrows) {
    const [from, to] = sideBySide(arrow.from, arrow.to);
    if (from === to) continue;
    const targets = edges.get(from) ?? new Map<string, Arrow>();
    edges.set(from, targets);
    targets.set(to, arrow);
  }
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (node: string, path: readonly string[]) => {
    const at = path.indexOf(node);
    if (at >= 0) {
      const ring = [...path.slice(at), node];
      found.push(ring.map((one, index) => describeStep(edges, one, ring[index + 1])).join(""));
      return;
    }
    if (finished.has(node)) return;
    for (const next of edges.get(node)?.keys() ?? []) visit(next, [...path, node]);
    finished.add(node);
  };
  for (const node of edges.keys()) visit(node, []);
  return found;
}

function describeStep(edges: ReadonlyMap<string, ReadonlyMap<string, Arrow>>, from: string, to?: string): string {
  const arrow = to === undefined ? undefined : edges.get(from)?.get(to);
  return arrow === undefined ? from : `${from} → (${arrow.from} imports ${arrow.to}) `;
}

/** The two entries, side by side in the deepest folder that holds both, in which two paths differ. */
function sideBySide(from: string, to: string): [string, string] {
  const [one, other] = [from.split("/"), to.split("/")];
  let common = 0;
  while (common < Math.min(one.length, other.length) && one[common] === other[common]) common++;
  return [one.slice(0, common + 1).join("/"), other.slice(0, common + 1).join("/")];
}
