import type { z } from "zod";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import type { Clock } from "../../clock.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { chainAfter, chainChunk, chunkDigest, chunksIn, readChunkText } from "../file/chunk-text.ts";
import { codeRule } from "../file/code-rule.ts";
import type { CodeRule, Credentials } from "../file/read.ts";
import { hashVoters, type RollKeys, TRANSACTION_VOTERS } from "../hash-voters.ts";
import { enterChunks, type RollChunk, type Tally } from "../load.ts";
import type { RollEntry } from "../stores/ports.ts";
import { loadEnded, loadMark } from "./load-steps.ts";
import { type StepContext, type StepPorts, withStepRight } from "./step-ports.ts";
import type { LoadWork } from "./work-table.ts";

type Request = z.output<typeof rolls.loadChunk.request>;
type Result = z.output<typeof rolls.loadChunk.result>;

/** Voters that are hashed at a time: some milliseconds of work. */
const SLICE_VOTERS = 1_000;

/** A chunk, read. */
interface Chunk {
  readonly number: number;
  readonly digest: string;
  /** Voters whose codes the laws take. */
  readonly voters: readonly Credentials[];
  /** The lines of the others. */
  readonly refusedLines: readonly number[];
  readonly lastLine: number;
}

/**
 * Puts a chunk of a roll file on the rolls of laws in PostgreSQL, and then notes it as done. A step that is killed on
 * the way is taken again, and changes nothing that it had done.
 *
 * @param context the step
 * @param request the laws, the file, and the chunk
 * @returns the chunk to send next, and what became of this one's voters
 * @throws Refusal when the chunk is not what was announced under its number, or not the one that is expected; then
 *   nothing was changed
 */
export async function loadChunk({ servers, rolls: rollStores, clock }: StepContext, request: Request): Promise<Result> {
  const laws = await existingLaws(servers, request.laws);
  const keys = await servers.keys();
  const chunk = readChunk(request, codeRule(laws, keys));
  const ports = rollStores();
  return withStepRight(ports, laws, async (right) => {
    const loads = await loadsOf(ports, laws, { sha256: request.sha256, keys });
    for (const { law, load } of loads) refuseUnannounced(law, load, chunk, keys);
    const expected = Math.min(...loads.map(({ load }) => load.chunksDone));
    if (chunk.number > expected) {
      throw new Refusal(`Chunk ${chunk.number} has come, and chunk ${expected} is next; nothing was changed.`, {
        code: "other_chunk",
        subject: String(expected),
      });
    }
    const missing = loads.filter(({ load }) => load.chunksDone === chunk.number);
    for (const { law, mark } of missing) await ports.work.touch(law.lawId, mark);
    const tallies = await enter(ports, missing, chunk, { keys, clock });
    await right.check();
    for (const { law, mark, load } of missing) {
      await ports.work.chunkDone(law.lawId, mark, {
        number: chunk.number,
        received: chainChunk(load.received, chunk.digest, keys.ofVersion(law.keyVersion).person),
        voters: chunk.voters.length + chunk.refusedLines.length,
        line: chunk.lastLine,
        refusedLines: chunk.refusedLines,
      });
    }
    const done = loads.map(({ load }) => Math.max(load.chunksDone, chunk.number + 1));
    return {
      next_chunk: Math.min(...done),
      laws: laws.map(({ lawId }) => tallyOf(lawId, chunk, tallies.get(lawId))),
    };
  });
}

function readChunk({ number, voters: text }: Request, rule: CodeRule): Chunk {
  const voters: Credentials[] = [];
  const refusedLines: number[] = [];
  let lastLine = 0;
  for (const voter of readChunkText(text)) {
    const code = rule(voter.code);
    lastLine = voter.line;
    if (code === undefined) refusedLines.push(voter.line);
    else voters.push({ ...voter, code });
  }
  return { number, digest: chunkDigest(text), voters, refusedLines, lastLine };
}

interface LoadOfLaw {
  readonly law: Law;
  readonly mark: ReturnType<typeof loadMark>;
  readonly load: LoadWork;
}

async function loadsOf(
  ports: StepPorts,
  laws: readonly Law[],
  { sha256, keys }: { readonly sha256: string; readonly keys: RollKeys },
): Promise<LoadOfLaw[]> {
  const loads: LoadOfLaw[] = [];
  for (const law of laws) {
    const mark = loadMark(sha256, law, keys);
    const load = await ports.work.load(law.lawId, mark);
    if (load === undefined) throw await loadEnded(ports, law.lawId);
    loads.push({ law, mark, load });
  }
  return loads;
}

/** A chunk that was done before is compared as well: its sender would take other voters for loaded. */
function refuseUnannounced({ lawId, keyVersion }: Law, { chains, chunksDone }: LoadWork, chunk: Chunk, keys: RollKeys) {
  const { number, digest } = chunk;
  if (chains === undefined) {
    throw new Refusal(
      `The load of this file on ${lawId} was begun by an earlier release, which did not note what each chunk holds; ` +
        `nothing was changed. Load the file again: that goes on from chunk ${chunksDone}.`,
      { subject: lawId },
    );
  }
  const chunks = chunksIn(chains);
  if (number >= chunks) {
    throw new Refusal(
      `Chunk ${number} has come, and chunk ${chunks - 1} is the last one that was announced for ${lawId}; nothing was changed.`,
      { subject: lawId },
    );
  }
  const chain = chainChunk(chainAfter(chains, number), digest, keys.ofVersion(keyVersion).person);
  if (chain.equals(chainAfter(chains, number + 1))) return;
  throw new Refusal(
    `What has come as chunk ${number} is not what was announced as chunk ${number} for ${lawId}: it is of another file, or of ` +
      "another place in this one. Nothing was changed. Load the file again.",
    { subject: lawId },
  );
}

interface Hashing {
  readonly keys: RollKeys;
  readonly clock: Clock;
}

interface ChunkTally extends Tally {
  readonly conflictLines: number[];
}

async function enter(
  ports: StepPorts,
  loads: readonly LoadOfLaw[],
  chunk: Chunk,
  { keys, clock }: Hashing,
): Promise<ReadonlyMap<string, ChunkTally>> {
  const tallies = new Map<string, ChunkTally>(
    loads.map(({ law }) => [law.lawId, { loaded: 0, known: 0, conflicts: 0, conflictLines: [] }]),
  );
  const marks = new Map(loads.map(({ law, mark }) => [law.lawId, mark]));
  async function* pieces(): AsyncGenerator<RollChunk> {
    for (let at = 0; at < chunk.voters.length; at += TRANSACTION_VOTERS) {
      const piece = chunk.voters.slice(at, at + TRANSACTION_VOTERS);
      for (const { law } of loads) yield { lawId: law.lawId, entries: await hashInSlices(piece, law, { keys, clock }) };
    }
  }
  await enterChunks(ports, pieces(), tallies, {
    markOf: (lawId) => marks.get(lawId),
    onConflict: (lawId, line) => tallies.get(lawId)?.conflictLines.push(line),
  });
  return tallies;
}

/** Hashes voters of a piece while PostgreSQL takes the piece before: between slices its answers are read. */
async function hashInSlices(
  piece: readonly Credentials[],
  law: Law,
  { keys, clock }: Hashing,
): Promise<readonly RollEntry[]> {
  const entries: RollEntry[] = [];
  for (let at = 0; at < piece.length; at += SLICE_VOTERS) {
    for (const entry of hashVoters(piece.slice(at, at + SLICE_VOTERS), law, keys)) entries.push(entry);
    await clock.turn();
  }
  return entries;
}

/** What became of a chunk's voters. A chunk that was done before has only known ones. */
function tallyOf(lawId: string, { voters, refusedLines }: Chunk, tally: ChunkTally | undefined): rolls.LoadTally {
  const { loaded, known, conflicts, conflictLines } = tally ?? {
    loaded: 0,
    known: voters.length,
    conflicts: 0,
    conflictLines: [],
  };
  return {
    law_id: lawId,
    loaded,
    known,
    conflicts,
    conflict_lines: conflictLines.slice(0, rolls.MOST_LINES),
    refused: refusedLines.length,
    refused_lines: refusedLines.slice(0, rolls.MOST_LINES),
  };
}
