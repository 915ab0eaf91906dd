import { createHash } from "node:crypto";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { type BadLine, badLine, type Fault, FaultCounter } from "./faults.ts";
import { type CodeRule, type FileForm, readRoll } from "./read.ts";
import { SeenVoters } from "./seen-voters.ts";
import type { RollFile } from "./source.ts";

/** The contents of a roll file, before anything is changed. */
export interface Inspection {
  /** Lines that are neither blank nor headings. */
  readonly lines: number;
  /** Lines that name a voter in the right form. */
  readonly voters: number;
  /** SHA-256 of the file's bytes. */
  readonly digest: Buffer;
  readonly faults: FaultCounter;
  /** How it was read. */
  readonly form: FileForm | undefined;
}

export interface InspectOptions {
  readonly rule: CodeRule;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((lines: number) => void) | undefined;
  readonly onVoter?: ((line: number, nas: string, code: string) => void) | undefined;
  readonly onBadLine?: ((bad: BadLine) => void) | undefined;
}

/**
 * Reads a roll file from its beginning to its end and changes nothing.
 *
 * @param file the file
 * @param options the law's rule about codes, interruption, and reports
 * @throws Refusal when the file as a whole cannot be read, or has no voter
 */
export async function inspectRoll(file: RollFile, options: InspectOptions): Promise<Inspection> {
  const digest = createHash("sha256");
  const faults = new FaultCounter();
  let voters = 0;
  let form: FileForm | undefined;
  const onForm = (found: FileForm) => {
    form = found;
  };
  for await (const lines of readRoll(digested(file, digest), options.rule, onForm)) {
    options.signal?.throwIfAborted();
    for (const line of lines) {
      if (line.kind === "voter") {
        voters += 1;
        options.onVoter?.(line.voter.line, line.voter.nas, line.voter.code);
      } else {
        faults.add(line.bad);
        options.onBadLine?.(line.bad);
      }
    }
    options.onProgress?.(voters + faults.total);
  }
  if (voters === 0) throw new Refusal(noVoter(file.name, faults.faults()));
  return { lines: voters + faults.total, voters, digest: digest.digest(), faults, form };
}

function noVoter(name: string, [worst]: readonly Fault[]): string {
  const why = worst === undefined ? "" : ` ${worst.text}`;
  return `There is no voter in ${name}; nothing was changed.${why}`;
}

/** The same file. Its bytes go through a digest while they are read. */
export function digested(file: RollFile, digest: ReturnType<typeof createHash>): RollFile {
  return {
    name: file.name,
    async *bytes() {
      for await (const piece of file.bytes()) {
        digest.update(piece);
        yield piece;
      }
    },
  };
}

/** The result of a dry run: every line of the file is a voter, a repetition of one, or bad. */
export interface RollCheck {
  readonly file: string;
  /** How it was read: whoever looks at it sees whether the right columns were taken. */
  readonly form: FileForm | undefined;
  readonly lines: number;
  /** Distinct voters. */
  readonly voters: number;
  /** Lines that repeat an earlier one. */
  readonly repeated: number;
  /** Lines that a load would leave out. */
  readonly refused: number;
  readonly faults: readonly Fault[];
}

/**
 * Checks a roll file without a stack, with the result of a load into an empty roll.
 *
 * @param file the file
 * @param options as for `inspectRoll`
 * @throws Refusal as `inspectRoll`
 */
export async function checkRoll(file: RollFile, options: InspectOptions): Promise<RollCheck> {
  const seen = new SeenVoters();
  const counts = { new: 0, again: 0, other_code: 0 };
  const second: BadLine[] = [];
  const { lines, faults, form } = await inspectRoll(file, {
    ...options,
    onVoter: (line, nas, code) => {
      const found = seen.add(nas, code);
      counts[found] += 1;
      if (found === "other_code") second.push(badLine(line, "second_code"));
    },
  });
  for (const bad of second) faults.add(bad);
  return {
    file: file.name,
    form,
    lines,
    voters: counts.new,
    repeated: counts.again,
    refused: faults.total,
    faults: faults.faults(),
  };
}
