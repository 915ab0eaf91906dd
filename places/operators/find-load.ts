import type { z } from "zod";
import { chunkDigest, chunkText } from "../../operations/roll/file/chunk-text.ts";
import type { RollFile } from "../../operations/roll/file/source.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import type { OperatorsApi } from "./client.ts";
import { chunksOf } from "./send-roll.ts";

export interface FindLoadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Voters in a chunk, as in the load. Default: CHUNK_VOTERS. */
  readonly chunkVoters?: number | undefined;
}

/**
 * Asks a stage whether a file is one that was loaded to the roll of a law. Other columns, the encoding and the
 * delimiter may be different; the voters and their lines must be the same. Only digests are sent.
 *
 * @param door the API
 * @param lawId the law
 * @param file the file
 * @param options interruption
 * @returns what the stage knows; undefined: no voter is in the file
 * @throws Refusal when there is no such law, or the file as a whole cannot be read
 */
export async function findLoadOf(
  door: Pick<OperatorsApi, "look">,
  lawId: string,
  file: RollFile,
  { signal, chunkVoters = rolls.CHUNK_VOTERS }: FindLoadOptions = {},
): Promise<z.output<typeof rolls.findLoad.result> | undefined> {
  const chunks: string[] = [];
  for await (const voters of chunksOf(file, chunkVoters)) {
    signal?.throwIfAborted();
    chunks.push(chunkDigest(chunkText(voters)));
  }
  return chunks.length === 0 ? undefined : door.look(rolls.findLoad, { law_id: lawId, chunks }, { signal });
}
