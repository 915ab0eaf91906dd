import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { WrongOpening } from "../../shared/messages/opening.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { differences, type ReadOpening, readOpening } from "../../trustees/opening-file.ts";
import { readPublicFile } from "../../trustees/public-file.ts";

interface CompareOptions {
  readonly public?: string;
  readonly json?: true;
}

/** `npm run keys -- compare`. */
export async function compare(one: string, other: string, options: CompareOptions): Promise<void> {
  const openings = [await read(one), await read(other)] as const;
  if (options.public !== undefined) {
    const { signing_key } = await readPublicFile(options.public);
    for (const [at, { header }] of openings.entries()) {
      if (header.signing_key === signing_key) continue;
      throw new UserError(`${at === 0 ? one : other} is signed with another key than that of ${options.public}.`);
    }
  }
  const found = differences(...openings);
  print(options, { agree: found.length === 0, differences: found }, () =>
    found.length === 0
      ? `Both openings agree: ${openings[0].header.envelopes.toLocaleString("en")} envelopes of ${openings[0].header.law_id}, ` +
        "with the same sums and the same list."
      : ["The openings differ:", ...found.map((one) => `  ${one}`)].join("\n"),
  );
  process.exitCode = found.length === 0 ? 0 : 1;
}

async function read(path: string): Promise<ReadOpening> {
  try {
    return await readOpening(createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }));
  } catch (error) {
    if (error instanceof WrongOpening) throw new UserError(`${path} ${error.message}. Use another copy of it.`);
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new UserError(`${path}: there is no such file. Name an opened list.`);
    }
    throw error;
  }
}
