import { createHash, createHmac } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { personHash, voterHash } from "../../shared/domain/voter-hash.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { codeRule } from "./file/code-rule.ts";
import { type BadLine, badLine, type Fault } from "./file/faults.ts";
import { digested, type Inspection, inspectRoll } from "./file/inspect.ts";
import { type CodeRule, type Credentials, readRoll } from "./file/read.ts";
import { openRoll, type RollFile, type RollSource } from "./file/source.ts";
import { type LawLoad, loadRoll as loadChunks, type RollChunk } from "./load.ts";
import type { RollEntry } from "./ports.ts";
import { rollPorts } from "./roll-ports.ts";

/** Voters in one transaction: some tenths of a second of work. */
const CHUNK_VOTERS = 10_000;
/** When this many voters are new, the statistics of the planner are renewed. */
const ANALYZE_FROM = 10_000;
/** Bad lines that are reported one by one; the others are counted. */
const MAX_REPORTED = 1_000;

type RollKeys = Keys<"person" | "pepper">;

export interface LoadRequest {
  /** Ids of the laws whose rolls the voters are added to. */
  readonly laws: readonly string[];
  readonly source: RollSource;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of voters that are on the rolls, and of the file. */
  readonly onProgress?: ((voters: number, total: number) => void) | undefined;
  /** Called for each of the first thousand bad lines when it is found. */
  readonly onBadLine?: ((bad: BadLine) => void) | undefined;
}

/** What became of a roll file. For each law, loaded + known + refused = lines. */
export interface LoadSummary {
  readonly file: string;
  /** Lines that are neither blank nor headings. */
  readonly lines: number;
  /** Lines that name a voter in the right form. */
  readonly voters: number;
  /** Lines that do not, and second codes of a person, which count once for each law. */
  readonly bad: number;
  /** The first thousand of them. */
  readonly badLines: readonly BadLine[];
  /** The same by what is wrong. */
  readonly faults: readonly Fault[];
  readonly laws: readonly (LawLoad & { readonly refused: number })[];
}

/**
 * Adds the voters of a file to the rolls of laws. The file is read through before anything is changed, so that a file
 * which is wrong as a whole changes nothing, and a load that stops is known by its content when it is done again.
 *
 * @param servers those of a running stage
 * @param request the file and the laws
 * @returns what was loaded, what was there, and which lines were bad
 * @throws Refusal when there is no such law, or no voter in the file; the signal's reason when it was interrupted
 */
export async function loadRoll(servers: Servers, request: LoadRequest): Promise<LoadSummary> {
  const laws = await existingLaws(servers, request.laws);
  const keys = await servers.keys();
  const rule = codeRule(laws, keys);
  const file = await openRoll(request.source);
  const badLines: BadLine[] = [];
  const onBad = (bad: BadLine) => {
    if (badLines.length >= MAX_REPORTED) return;
    badLines.push(bad);
    request.onBadLine?.(bad);
  };
  const inspection = await inspectRoll(file, { rule, signal: request.signal, onBadLine: onBad });
  const malformed = inspection.faults.total;
  const ports = rollPorts(servers);
  const chunks = hashedChunks(file, laws, keys, rule, inspection);
  const loads = await loadChunks(ports, laws, chunks, {
    markOf: (law) => ({ kind: "load", sourceId: sourceId(inspection, law, keys), sourceName: file.name }),
    signal: request.signal,
    onProgress: (entries) => request.onProgress?.(Math.floor(entries / laws.length), inspection.voters),
    onConflict: (lawId, line) => {
      const bad = badLine(line, "second_code");
      inspection.faults.add(bad);
      onBad({ ...bad, reason: `this nas is on the roll of ${lawId} under another code` });
    },
  });
  if (loads.some((load) => load.loaded >= ANALYZE_FROM)) await ports.database.analyze();
  return {
    file: file.name,
    lines: inspection.lines,
    voters: inspection.voters,
    bad: inspection.faults.total,
    badLines,
    faults: inspection.faults.faults(),
    laws: loads.map((load) => ({ ...load, refused: malformed + load.conflicts })),
  };
}

/** Keyed, because the digest of a short file could be tried out: whoever reads the database learns nothing from it. */
function sourceId({ digest }: Inspection, law: Law, keys: RollKeys): Buffer {
  return createHmac("sha256", keys.ofVersion(law.keyVersion).person).update("roll file").update(digest).digest();
}

/** Reads and hashes the credentials. NAS and code go no further. */
async function* hashedChunks(
  file: RollFile,
  laws: readonly Law[],
  keys: RollKeys,
  rule: CodeRule,
  inspection: Inspection,
): AsyncGenerator<RollChunk> {
  const digest = createHash("sha256");
  let voters: Credentials[] = [];
  function* flush(): Generator<RollChunk> {
    for (const law of laws) yield { lawId: law.lawId, entries: hashAll(voters, law, keys) };
    voters = [];
  }
  for await (const lines of readRoll(digested(file, digest), rule)) {
    for (const line of lines) if (line.kind === "voter") voters.push(line.voter);
    if (voters.length >= CHUNK_VOTERS) yield* flush();
  }
  if (voters.length > 0) yield* flush();
  if (!digest.digest().equals(inspection.digest)) {
    throw new Refusal(
      `${file.name} was changed while it was loaded, so it is not certain who is on the roll: load the file as it is now, ` +
        "and then the file as it was, or give that load up with npm run voters -- abandon-load.",
    );
  }
}

function hashAll(voters: readonly Credentials[], law: Law, keys: RollKeys): RollEntry[] {
  const pepper = keys.pepper(law.pepperId);
  const { person } = keys.ofVersion(law.keyVersion);
  return voters.map(({ line, nas, code }) => ({
    line,
    voterHash: voterHash(nas, code, law.lawId, pepper),
    personHash: personHash(nas, law.lawId, person),
  }));
}
