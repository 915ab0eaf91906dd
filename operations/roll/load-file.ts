import type { Law } from "../../shared/domain/law.ts";
import { personHash, voterHash } from "../../shared/domain/voter-hash.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { type LawLoad, loadRoll as loadChunks, type RollChunk } from "./load.ts";
import type { RollEntry } from "./ports.ts";
import { type BadLine, type Credentials, readRollLines } from "./read-lines.ts";
import { rollPorts } from "./roll-ports.ts";

/** Voters in one transaction: some tenths of a second of work. */
const CHUNK_VOTERS = 10_000;
/** When this many voters are new, the statistics of the planner are renewed. */
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
  /** Called for each of the first thousand bad lines when it is found. */
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
 * Adds the voters of a file to the rolls of laws.
 *
 * @param servers those of a running stage
 * @param request the file and the laws
 * @returns what was loaded, what was there, and which lines were bad
 * @throws Refusal when there is no such law; the signal's reason when it was interrupted
 */
export async function loadRoll(servers: Servers, request: LoadRequest): Promise<LoadSummary> {
  const laws = await existingLaws(servers, request.laws);
  const ports = rollPorts(servers);
  const keys = await servers.keys();
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

/** Reads and hashes the credentials. NAS and code go no further. */
async function* hashedChunks(
  source: AsyncIterable<Uint8Array | string>,
  laws: readonly Law[],
  keys: Keys<"person" | "pepper">,
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

function hashAll(voters: readonly Credentials[], law: Law, keys: Keys<"person" | "pepper">): RollEntry[] {
  const pepper = keys.pepper(law.pepperId);
  const { person } = keys.ofVersion(law.keyVersion);
  return voters.map(({ line, nas, code }) => ({
    line,
    voterHash: voterHash(nas, code, law.lawId, pepper),
    personHash: personHash(nas, law.lawId, person),
  }));
}
