import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { bundleAt, verify } from "../../client/verify/index.ts";
import { makeRoll } from "../../load/run/roll.ts";
import { LOCK_CLASS } from "../../operations/log/postgres-log.ts";
import type { Target } from "../../places/target.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import { type Measurement, summarize, timed } from "./measure.ts";

const LAW = "BENCH-LOG";
/** It has a few voters, and so a sealed roll. Nobody votes. */
const VOTERS = 100;
/** Entries that are put in by one statement. */
const AT_ONCE = 250_000;
/** No log of this program is slower than that. */
const SLOWEST_PER_SECOND = 500;

export interface LogBench {
  readonly target: Target;
  /** The API's address. */
  readonly url: string;
  /** A folder for credentials. */
  readonly work: string;
  /** How many submissions the log has in the end. */
  readonly entries: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * Measures the public log of a law of so many submissions: how fast the stack brings them into the log and publishes
 * it, what it takes in PostgreSQL and in the object store, and how long reading and checking it takes. The entries are
 * made up, and nothing but the log knows of them.
 *
 * @param bench a running local stack, and how large the log is to become
 * @returns a measurement of the log's growth, and one of checking it
 */
export async function benchPublicLog(bench: LogBench): Promise<Measurement[]> {
  const { target, url, work, entries, signal, say } = bench;
  const address = `${url}/api/v1/log/${LAW}`;
  const options = { voters: VOTERS, file: join(work, `${LAW}.csv`), signal, onProgress: () => undefined };
  await makeRoll(target, { lawId: LAW, form: "open", ...options });
  await untilPublished(address, 1, 60_000, bench);
  const before = { size: await sizeOf(address), disk: await diskBytes(target), store: await objectsOf(target) };
  const release = await putIn(bench);
  const published = await timed(async () => {
    await release();
    await untilPublished(address, before.size + entries, (entries / SLOWEST_PER_SECOND) * 1_000 + 120_000, bench);
  });
  const [disk, store] = [(await diskBytes(target)) - before.disk, await objectsOf(target)];
  const more = {
    "bytes per entry in PostgreSQL": disk / entries,
    "in the object store": (store.bytes - before.store.bytes) / entries,
    objects: store.objects - before.store.objects,
    "hashes of an inclusion proof": Math.ceil(Math.log2(before.size + entries)),
  };
  say("checking the log …");
  let failed: readonly string[] = [];
  const checked = await timed(async () => {
    const { checks } = await verify(bundleAt(`${url}/api/v1/laws/${LAW}`), LAW, { signal });
    failed = checks.filter(({ outcome }) => outcome === "fails").map(({ id }) => id);
  });
  if (failed.length > 0) throw new Error(`the log of ${LAW} does not hold: check ${failed.join(", ")} fails`);
  const count = entries.toLocaleString("en");
  return [
    summarize(`public log of ${count}: published`, entries, [{ ...published, cpuMs: 0 }], more, "entries"),
    summarize(`public log of ${count}: read and checked, one thread`, entries, [checked], {}, "entries"),
  ];
}

/** Puts submissions in while no run can have the log's lock. @returns gives the lock back */
async function putIn({ target, entries, signal, say }: LogBench): Promise<() => Promise<void>> {
  const client = await target.pool.connect();
  try {
    await client.query("select pg_advisory_lock($1, hashtext($2))", [LOCK_CLASS, LAW]);
    for (let from = 0; from < entries; from += AT_ONCE) {
      signal.throwIfAborted();
      // A submission (0x01), SHA-256 of its request id, no envelope, and the status `counted` (0x04).
      await client.query(
        `insert into log_waiting (law_id, entry)
         select $1, '\\x01'::bytea || sha256(convert_to('bench ' || n, 'UTF8')) || decode(repeat('00', 32), 'hex') || '\\x04'
         from generate_series($2::bigint, $3::bigint) n`,
        [LAW, from, Math.min(from + AT_ONCE, entries) - 1],
      );
      say(`${Math.min(from + AT_ONCE, entries).toLocaleString("en")} entries wait`);
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  return async () => {
    await client.query("select pg_advisory_unlock($1, hashtext($2))", [LOCK_CLASS, LAW]);
    client.release();
  };
}

async function untilPublished(
  address: string,
  size: number,
  withinMs: number,
  { signal, say }: LogBench,
): Promise<void> {
  let saidMs = performance.now();
  const isPublished = async () => {
    const now = await sizeOf(address);
    if (performance.now() - saidMs > 10_000) {
      say(`${now.toLocaleString("en")} of ${size.toLocaleString("en")} entries are published`);
      saidMs = performance.now();
    }
    return now >= size;
  };
  await waitUntil(`the log has ${size} entries`, isPublished, { withinMs, everyMs: 100, signal });
}

/** Entries that the published checkpoint covers; 0: there is none. */
async function sizeOf(address: string): Promise<number> {
  const answer = await fetch(`${address}/checkpoint`);
  const text = await answer.text();
  return answer.ok ? Number(text.split("\n")[1]) : 0;
}

async function diskBytes({ pool }: Target): Promise<number> {
  const tables = ["log_entries", "log_tile_roots", "log_epochs"];
  const { rows } = await pool.query<{ bytes: string }>(
    "select sum(pg_total_relation_size(name::regclass))::text as bytes from unnest($1::text[]) name",
    [tables],
  );
  return Number(rows[0]?.bytes ?? 0);
}

async function objectsOf({ address }: Target): Promise<{ readonly objects: number; readonly bytes: number }> {
  const root = join(address.dataDir, "objects");
  let [objects, bytes] = [0, 0];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !join(entry.parentPath, entry.name).includes(`log/${LAW}/`)) continue;
    objects += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { objects, bytes };
}
