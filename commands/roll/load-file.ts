import type { Law } from "../../shared/domain/law.ts";
import { personHash, voterHash } from "../../shared/domain/voter-hash.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { UserError } from "../cli.ts";
import type { Target } from "../target.ts";
import { MappingConsumer } from "./consumer.ts";
import { type LawLoad, loadRoll as loadChunks, type RollChunk } from "./load.ts";
import type { RollEntry, RollPorts } from "./ports.ts";
import { PostgresRoll } from "./postgres-roll.ts";
import { type BadLine, type Credentials, readRollLines } from "./read-lines.ts";
import { RedisRoll } from "./redis-roll.ts";

/** Voters in one transaction: some tenths of a second of work. */
const CHUNK_VOTERS = 10_000;
/** From this many new voters on the planner's figures are renewed. */
const ANALYZE_FROM = 10_000;
/** Bad lines that are reported one by one; the others are counted. */
const MAX_REPORTED = 1_000;

export interface LoadRequest {
  /** Ids of the laws whose rolls the voters are added to. */
  readonly laws: readonly string[];
  /** The roll file. */
  readonly source: AsyncIterable<Uint8Array | string>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((voters: number) => void) | undefined;
  /** Told of the first thousand bad lines as they are found. */
  readonly onBadLine?: ((bad: BadLine) => void) | undefined;
}

/** What became of a roll file. */
export interface LoadSummary {
  /** Lines that name a voter in the right form. */
  readonly voters: number;
  /** Lines that do not, and second codes of a person. */
  readonly bad: number;
  /** The first thousand of them. */
  readonly badLines: readonly BadLine[];
  readonly laws: readonly LawLoad[];
}

/**
 * The stores that changing a roll needs.
 *
 * @param target a running stack
 */
export function rollPorts(target: Target): RollPorts & { readonly database: PostgresRoll; readonly cache: RedisRoll } {
  return {
    database: new PostgresRoll(target.pool),
    cache: new RedisRoll(target.redis),
    consumer: new MappingConsumer(target.lambda, target.output("ValidateMappingId")),
  };
}

/**
 * Adds the voters of a file to the rolls of laws.
 *
 * @param target a running stack
 * @param request the file and the laws
 * @returns what was loaded, what was there, and which lines were bad
 * @throws UserError when there is no such law; the signal's reason when it was interrupted
 */
export async function loadRoll(target: Target, request: LoadRequest): Promise<LoadSummary> {
  const laws = await existingLaws(target, request.laws);
  const ports = rollPorts(target);
  const keys = await target.keys();
  const badLines: BadLine[] = [];
  const counts = { voters: 0, bad: 0 };
  const onBad = (bad: BadLine) => {
    counts.bad++;
    if (badLines.length >= MAX_REPORTED) return;
    badLines.push(bad);
    request.onBadLine?.(bad);
  };
  const onVoters = (voters: number) => {
    counts.voters += voters;
  };
  const loads = await loadChunks(ports, laws, hashedChunks(request.source, laws, keys, onVoters, onBad), {
    signal: request.signal,
    onProgress: (entries) => request.onProgress?.(Math.floor(entries / laws.length)),
    onConflict: (lawId, line) => onBad({ line, reason: `this nas is on the roll of ${lawId} under another code` }),
  });
  if (loads.some((load) => load.loaded >= ANALYZE_FROM)) await ports.database.analyze();
  return { ...counts, badLines, laws: loads };
}

/**
 * Looks laws up.
 *
 * @param target a running stack
 * @param lawIds their ids; repeated ones count once
 * @throws UserError naming those that do not exist
 */
export async function existingLaws(target: Target, lawIds: readonly string[]): Promise<Law[]> {
  const laws: Law[] = [];
  for (const lawId of new Set(lawIds)) {
    const law = await target.laws.get(lawId);
    if (law === undefined) {
      throw new UserError(`There is no law ${lawId}; add it with npm run laws -- add ${lawId} --title "…".`);
    }
    laws.push(law);
  }
  return laws;
}

/** Reads and hashes; NAS and code end here. */
async function* hashedChunks(
  source: AsyncIterable<Uint8Array | string>,
  laws: readonly Law[],
  keys: Keys,
  onVoters: (count: number) => void,
  onBad: (bad: BadLine) => void,
): AsyncGenerator<RollChunk> {
  let voters: Credentials[] = [];
  function* flush(): Generator<RollChunk> {
    onVoters(voters.length);
    for (const law of laws) yield { lawId: law.lawId, entries: hashAll(voters, law, keys) };
    voters = [];
  }
  for await (const lines of readRollLines(source)) {
    for (const line of lines) {
      if (line.kind === "bad") onBad(line.bad);
      else voters.push(line.voter);
    }
    if (voters.length >= CHUNK_VOTERS) yield* flush();
  }
  if (voters.length > 0) yield* flush();
}

function hashAll(voters: readonly Credentials[], law: Law, keys: Keys): RollEntry[] {
  const pepper = keys.pepper(law.pepperId);
  const { person } = keys.ofVersion(law.keyVersion);
  return voters.map(({ line, nas, code }) => ({
    line,
    voterHash: voterHash(nas, code, law.lawId, pepper),
    personHash: personHash(nas, law.lawId, person),
  }));
}
