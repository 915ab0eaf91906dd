import { leafHash } from "../../shared/domain/log/merkle.ts";
import type { NoteSigner } from "../../shared/domain/log/note.ts";
import {
  type Edge,
  edgeRanges,
  entryBundle,
  GrowingTree,
  TILE_WIDTH,
  type TileName,
  tileBytes,
} from "../../shared/domain/log/tiles.ts";
import type { LogObjects } from "./log-objects.ts";
import { LogStopped } from "./log-stopped.ts";
import type { Epoch, LoggedLaw, LogSession, TileRoot } from "./ports.ts";
import { publishTexts } from "./publish-texts.ts";

/** Objects that are written side by side. */
const AT_ONCE = 16;

/**
 * The edge of a log's tree, from the database.
 *
 * @param session reads it
 * @param size the size of the tree
 */
async function readEdge(session: LogSession, size: number): Promise<Edge> {
  const edge: Buffer[][] = [];
  for (const [level, [from, to]] of edgeRanges(size).entries()) {
    if (level > 0) edge.push([...(await session.tileRoots(level - 1, from, to))]);
    else edge.push((await session.entries(from, to)).map(leafHash));
  }
  return edge;
}

/** A tile and its content. */
export interface Tile {
  readonly name: TileName;
  readonly bytes: Buffer;
}

/** The size and root of a log before an epoch. */
export type Before = Pick<Epoch, "size" | "root">;

/**
 * Writes the tiles of an epoch that are not there yet, and the texts that its entries name. Each tile is made from the
 * entries, and nothing is written before these have given the root of the epoch.
 *
 * @param session reads the entries
 * @param objects takes the tiles
 * @param log whose log, and its key
 * @param before the log before the epoch
 * @param epoch the epoch
 * @throws LogStopped when entries, texts or tiles are not what they were
 */
export async function writeEpoch(
  session: LogSession,
  objects: LogObjects,
  { law, signer }: { readonly law: LoggedLaw; readonly signer: NoteSigner },
  before: Before,
  epoch: Epoch,
): Promise<void> {
  const tree = await treeAt(session, law, before);
  // The bundle that is not full has entries of earlier epochs too.
  const entries = await session.entries(startOfBundle(before.size), epoch.size);
  const { tiles, root } = tilesOf(tree, before.size, entries);
  if (tree.size !== epoch.size || !root.equals(epoch.root)) throw entriesDiffer(law, epoch);
  // What a run has left there whose epoch a restore of the database has undone was never signed.
  const replaces = (await session.wasRestored()) && !(await objects.hasEpoch(epoch.number));
  await putTiles(objects, tiles, replaces);
  await publishTexts(session, objects, signer, entries.slice(before.size - startOfBundle(before.size)));
}

/**
 * Writes tiles that are not there yet, a few at a time.
 *
 * @param objects takes them
 * @param tiles what they are
 * @param replaces whether others are replaced under their names
 * @throws LogStopped when there is another one under a name, and it is not replaced
 */
export async function putTiles(objects: LogObjects, tiles: readonly Tile[], replaces = false): Promise<void> {
  for (let at = 0; at < tiles.length; at += AT_ONCE) {
    await Promise.all(tiles.slice(at, at + AT_ONCE).map(({ name, bytes }) => objects.putTile(name, bytes, replaces)));
  }
}

/**
 * Where the bundle begins that is not full.
 *
 * @param size how many entries the log has
 */
export function startOfBundle(size: number): number {
  return size - (size % TILE_WIDTH);
}

/** What entries make of a tree. */
export interface GrownTree {
  readonly tiles: readonly Tile[];
  readonly tileRoots: readonly TileRoot[];
  readonly root: Buffer;
}

/**
 * Adds entries to a tree.
 *
 * @param tree the tree before them, which grows
 * @param sizeBefore its size before them
 * @param entries from the beginning of the bundle on that is not full
 * @returns the tiles that are new with them
 */
export function tilesOf(tree: GrowingTree, sizeBefore: number, entries: readonly Buffer[]): GrownTree {
  const tiles: Tile[] = [];
  const tileRoots: TileRoot[] = [];
  const start = startOfBundle(sizeBefore);
  for (const entry of entries.slice(sizeBefore - start)) {
    for (const { level, index, hashes, root } of tree.add(leafHash(entry))) {
      tiles.push({ name: { level, index, width: hashes.length }, bytes: tileBytes(hashes) });
      tileRoots.push({ level, index, root });
    }
  }
  const known = edgeRanges(sizeBefore);
  for (const { level, index, hashes } of tree.partialTiles()) {
    // It is there since an earlier epoch.
    if (known[level]?.[1] === index * TILE_WIDTH + hashes.length) continue;
    tiles.push({ name: { level, index, width: hashes.length }, bytes: tileBytes(hashes) });
  }
  for (let at = 0; at < entries.length; at += TILE_WIDTH) {
    const bundle = entries.slice(at, at + TILE_WIDTH);
    const name = { level: "entries", index: (start + at) / TILE_WIDTH, width: bundle.length } as const;
    tiles.push({ name, bytes: entryBundle(bundle) });
  }
  return { tiles, tileRoots, root: tree.root() };
}

/**
 * The tree of a log at an earlier size, from the database.
 *
 * @param session reads it
 * @param law whose log
 * @param before size and root that it must have
 * @throws LogStopped when it has another root
 */
export async function treeAt(session: LogSession, law: LoggedLaw, before: Before): Promise<GrowingTree> {
  const edge = await readEdge(session, before.size);
  const ranges = edgeRanges(before.size);
  if (ranges.some(([from, to], level) => edge[level]?.length !== to - from)) throw entriesDiffer(law, before);
  const tree = new GrowingTree(before.size, edge);
  if (!tree.root().equals(before.root)) throw entriesDiffer(law, before);
  return tree;
}

function entriesDiffer(law: LoggedLaw, { size }: Before): LogStopped {
  return new LogStopped(
    "entries_differ",
    `The entries of the log of ${law.lawId} in PostgreSQL do not give the root to which the log committed itself at ` +
      `${size} entries. Somebody has changed them, so nothing more is published. Compare them with the published tiles.`,
  );
}
