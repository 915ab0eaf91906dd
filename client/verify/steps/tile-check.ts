import { type Bytes, equal } from "../bytes/text.ts";
import { TILE_HEIGHT, TILE_WIDTH } from "../log/tiles.ts";
import { type BundleSource, inOrder } from "../source.ts";
import { readTile } from "./log-files.ts";

const MOST_NAMED = 20;

interface Tile {
  readonly level: number;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** Compares tiles with the hashes of the tree, as it grows. */
export class TileCheck {
  readonly missing: string[] = [];
  readonly differing: string[] = [];
  /** The unfinished tile of each level, and how many tiles come before it. */
  readonly #levels: { bytes: Uint8Array; held: number; before: number }[] = [];
  /** Those that are full and not compared yet. */
  #full: Tile[] = [];

  /** Takes a node of the tree. */
  add(level: number, hash: Bytes): void {
    if (level % TILE_HEIGHT !== 0) return;
    const at = level / TILE_HEIGHT;
    const tile = this.#levels[at] ?? { bytes: new Uint8Array(TILE_WIDTH * 32), held: 0, before: 0 };
    this.#levels[at] = tile;
    tile.bytes.set(hash, 32 * tile.held);
    if (++tile.held < TILE_WIDTH) return;
    this.#full.push({ level: at, index: tile.before, bytes: tile.bytes });
    this.#levels[at] = { bytes: new Uint8Array(TILE_WIDTH * 32), held: 0, before: tile.before + 1 };
  }

  /** Compares full tiles, once there are as many as can be read at once. */
  async compareSome(source: BundleSource): Promise<void> {
    if (this.#full.length >= source.parallel) await this.#compareFull(source);
  }

  /** Compares all others. */
  async compareRest(source: BundleSource): Promise<void> {
    for (const [level, { bytes, held, before }] of this.#levels.entries()) {
      if (held > 0) this.#full.push({ level, index: before, bytes: bytes.subarray(0, 32 * held) });
    }
    await this.#compareFull(source);
  }

  async #compareFull(source: BundleSource): Promise<void> {
    const jobs = this.#full.map((tile) => () => this.#compare(source, tile));
    this.#full = [];
    for await (const _ of inOrder(jobs, source.parallel));
  }

  async #compare(source: BundleSource, { level, index, bytes: expected }: Tile): Promise<void> {
    const { path, bytes } = await readTile(source, level, index, expected.length / 32);
    const list = bytes === undefined ? this.missing : this.differing;
    if ((bytes === undefined || !equal(bytes, expected)) && list.length < MOST_NAMED) list.push(path);
  }
}
