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
import type { Epoch, LoggedLaw, LogSession } from "./ports.ts";
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
interface Tile {
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
  const { tiles, entries } = await tilesOf(session, law, before, epoch);
  for (let at = 0; at < tiles.length; at += AT_ONCE) {
    await Promise.all(tiles.slice(at, at + AT_ONCE).map(({ name, bytes }) => objects.putTile(name, bytes)));
  }
  await publishTexts(session, objects, signer, entries);
}

/** Tiles and entries of an epoch. */
interface Content {
  readonly tiles: readonly Tile[];
  /** Those that the epoch added. */
  readonly entries: readonly Buffer[];
}

async function tilesOf(session: LogSession, law: LoggedLaw, before: Before, epoch: Epoch): Promise<Content> {
  const tree = await treeAt(session, law, before);
  const tiles: Tile[] = [];
  // The bundle that is not full has entries of earlier epochs too.
  const start = before.size - (before.size % TILE_WIDTH);
  const entries = await session.entries(start, epoch.size);
  for (const [at, entry] of entries.entries()) {
    if (start + at < before.size) continue;
    for (const { level, index, hashes } of tree.add(leafHash(entry))) {
      tiles.push({ name: { level, index, width: hashes.length }, bytes: tileBytes(hashes) });
    }
  }
  const known = edgeRanges(before.size);
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
  if (tree.size === epoch.size && tree.root().equals(epoch.root)) {
    return { tiles, entries: entries.slice(before.size - start) };
  }
  throw entriesDiffer(law, epoch);
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
