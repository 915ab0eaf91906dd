import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { readPublicFile } from "../../trustees/public-file.ts";

/** How long a server may take to answer. */
const TIMEOUT_MS = 15_000;
/** The fields of `GET /api/v1/laws/{law_id}` that a sealed law has. */
const FIELDS = ["law_id", "origin", "election_key", "signing_key"] as const;
const Description = z.looseObject({
  law_id: z.string(),
  origin: z.string().optional(),
  election_key: z.string().optional(),
  signing_key: z.string().optional(),
});

/** `npm run keys -- check`. */
export async function check(source: string, options: { readonly public: string; readonly json?: true }): Promise<void> {
  const known = await readPublicFile(options.public);
  const isUrl = /^https?:\/\//.test(source);
  const text = isUrl ? await fetched(source) : await readFrom(source);
  const published = Description.safeParse(jsonOf(text));
  if (!published.success) {
    throw new UserError(
      `${source} is not the description of a law. Name what GET /api/v1/laws/${known.law_id} answers, or its address.`,
    );
  }
  const differing = FIELDS.filter((name) => published.data[name] !== known[name]);
  print(options, { agree: differing.length === 0, differing }, () =>
    differing.length === 0
      ? `${source} has the keys of ${options.public}, with the id ${known.key_id}.`
      : [
          `${source} does not have the keys of ${options.public}. Do not vote with it, and tell the election office:`,
          ...differing.map((name) => `  ${name}: ${published.data[name] ?? "absent"}, and not ${known[name]}`),
        ].join("\n"),
  );
  process.exitCode = differing.length === 0 ? 0 : 1;
}

async function fetched(url: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new UserError(
      `${url} cannot be read (${why}). On a machine without a network, save its answer and name the file.`,
    );
  }
  if (response.ok) return await response.text();
  throw new UserError(`${url} answers ${response.status}. Name the address of a law's description.`);
}

async function readFrom(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be read (${error.code ?? error.message}). Name a file or an address.`);
  });
}

/** Undefined for what is not JSON: it is no description. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
