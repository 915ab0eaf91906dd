import { createHash } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { codeRule } from "./file/code-rule.ts";
import { type BadLine, badLine, type Fault } from "./file/faults.ts";
import { digested, type Inspection, inspectRoll } from "./file/inspect.ts";
import { type CodeRule, type Credentials, readRoll } from "./file/read.ts";
import { openRoll, type RollFile, type RollSource } from "./file/source.ts";
import { ANALYZE_FROM, hashVoters, type RollKeys, TRANSACTION_VOTERS } from "./hash-voters.ts";
import { type LawLoad, loadRoll as loadChunks, type RollChunk } from "./load.ts";
import { refuseLoading } from "./refuse-loading.ts";
import { sourceId } from "./source-id.ts";
import { rollPorts } from "./stores/roll-ports.ts";

/** How many bad lines are reported one by one. The others are counted. */
const MAX_REPORTED = 1_000;

export interface LoadRequest {
  /** Ids of the laws whose rolls the voters are added to. */
  readonly laws: readonly string[];
  readonly source: RollSource;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of voters on the rolls, and with the number of voters in the file. */
  readonly onProgress?: ((voters: number, total: number) => void) | undefined;
  /** Called for each of the first thousand bad lines when it is found. */
  readonly onBadLine?: ((bad: BadLine) => void) | undefined;
}

/** The result of loading a roll file. For each law, loaded + known + refused = lines. */
export interface LoadSummary {
  readonly file: string;
  /** Lines that are neither blank nor headings. */
  readonly lines: number;
  /** Lines that name a voter in the right form. */
  readonly voters: number;
  /** Bad lines, and second codes of a person, which count once per law. */
  readonly bad: number;
  /** The first thousand of them. */
  readonly badLines: readonly BadLine[];
  /** All of them, by fault. */
  readonly faults: readonly Fault[];
  readonly laws: readonly (LawLoad & { readonly refused: number })[];
}

/**
 * Adds the voters of a file to the rolls of laws. The whole file is read before anything is changed. So a file that is
 * wrong as a whole changes nothing, and a repeated load is recognized by the content of its file.
 *
 * @param servers those of a running stage
 * @param request the file and the laws
 * @returns the loaded voters, those who were on the roll before, and the bad lines
 * @throws Refusal when there is no such law, its roll is sealed, or no voter is in the file; the signal's reason when
 *   it was interrupted
 */
export async function loadRoll(servers: Servers, request: LoadRequest): Promise<LoadSummary> {
  const laws = await existingLaws(servers, request.laws);
  const ports = rollPorts(servers);
  await refuseLoading(servers, ports.database, request.laws, "load_roll");
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
  const chunks = hashedChunks(file, laws, keys, rule, inspection);
  const loads = await loadChunks(ports, laws, chunks, {
    markOf: (law) => ({ kind: "load", sourceId: sourceId(inspection.digest, law, keys), sourceName: file.name }),
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
    for (const law of laws) yield { lawId: law.lawId, entries: hashVoters(voters, law, keys) };
    voters = [];
  }
  for await (const lines of readRoll(digested(file, digest), rule)) {
    for (const line of lines) if (line.kind === "voter") voters.push(line.voter);
    if (voters.length >= TRANSACTION_VOTERS) yield* flush();
  }
  if (voters.length > 0) yield* flush();
  if (!digest.digest().equals(inspection.digest)) {
    throw new Refusal(
      `${file.name} was changed while it was loaded, so it is not certain who is on the roll: load the file as it is now, ` +
        "and then the file as it was, or give that load up with npm run voters -- abandon-load.",
    );
  }
}
