import { createHash } from "node:crypto";
import { type Addressee, readLetterLanguage } from "../../shared/domain/letter.ts";
import { type AddressFault, type BadLine, badLine, type LineFaultKind } from "./file/faults.ts";
import { digested } from "./file/inspect.ts";
import { type CodeRule, type Credentials, readRoll } from "./file/read.ts";
import { SeenVoters } from "./file/seen-voters.ts";
import type { RollFile } from "./file/source.ts";

/** How the letters to the voters of a roll file are addressed. */
export interface AddressingOptions {
  readonly rule: CodeRule;
  /** The lines of codes that the law does not take, as its stage has said. */
  readonly refused?: ReadonlySet<number> | undefined;
  /** The lines of an address, with the headings of columns in braces: `{first name} {name}`. None: no address. */
  readonly address: readonly string[];
  /** The column that names the language; absent: every letter has both. */
  readonly languageColumn?: string | undefined;
  /** Says what is wrong with an address. */
  readonly faultOf: (
    address: readonly string[],
  ) => Exclude<AddressFault, "address_missing" | "address_credentials"> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type AddressedLine =
  | { readonly kind: "addressee"; readonly addressee: Addressee }
  | { readonly kind: "repeated" }
  | { readonly kind: "bad"; readonly bad: BadLine };

const COLUMN = /\{([^{}]+)\}/g;
const NO_CHARACTER_OF_CODES = /[^\p{L}\p{N}]/gu;

/**
 * Reads a roll file as the list of those who get a letter. A line that repeats an earlier one gets none.
 *
 * @param file the file
 * @param options codes, addresses and languages
 * @param onDigest called at the end with the SHA-256 of the file
 * @yields its lines in their order, in groups of some thousand
 * @throws Refusal as `readRoll`
 */
export async function* readAddressees(
  file: RollFile,
  options: AddressingOptions,
  onDigest: (digest: string) => void = () => undefined,
): AsyncGenerator<readonly AddressedLine[]> {
  const digest = createHash("sha256");
  const seen = new SeenVoters();
  const columns = columnsOf(options);
  let number = 0;
  const read = (voter: Credentials): AddressedLine => {
    const bad = (kind: LineFaultKind): AddressedLine => ({ kind: "bad", bad: badLine(voter.line, kind) });
    if (options.refused?.has(voter.line) === true) return bad("code_check");
    const kind = seen.add(voter.nas, voter.code);
    if (kind === "other_code") return bad("second_code");
    if (kind === "again") return { kind: "repeated" };
    const field = (name: string) => voter.others?.[columns.indexOf(name)] ?? "";
    const language = options.languageColumn === undefined ? "both" : readLetterLanguage(field(options.languageColumn));
    if (language === undefined) return bad("language_unknown");
    const address = options.address.map((line) => fill(line, field)).filter((line) => line !== "");
    if (options.address.length > 0 && address.length === 0) return bad("address_missing");
    if (hasCredentials(address, voter)) return bad("address_credentials");
    const fault = options.faultOf(address);
    if (fault !== undefined) return bad(fault);
    number += 1;
    return { kind: "addressee", addressee: { number, code: voter.code, address, language } };
  };
  for await (const lines of readRoll(digested(file, digest), options.rule, undefined, columns)) {
    options.signal?.throwIfAborted();
    yield lines.map((line) => (line.kind === "bad" ? line : read(line.voter)));
  }
  onDigest(digest.digest("hex"));
}

/**
 * Whether an address has its voter's NAS or code in it, in whatever column it came. Signs, blanks and the ends of lines
 * between the characters make no difference, nor do capitals.
 */
function hasCredentials(address: readonly string[], { nas, code }: Credentials): boolean {
  const text = address.join("").normalize("NFKC").replaceAll(NO_CHARACTER_OF_CODES, "").toUpperCase();
  return text.includes(nas) || text.includes(code.toUpperCase());
}

function columnsOf({ address, languageColumn }: AddressingOptions): readonly string[] {
  const named = address.flatMap((line) => [...line.matchAll(COLUMN)].map(([, name = ""]) => name));
  return [...new Set([...named, ...(languageColumn === undefined ? [] : [languageColumn])])];
}

/** A line of an address; "" when none of its columns has text. */
function fill(line: string, field: (name: string) => string): string {
  const columns = [...line.matchAll(COLUMN)];
  if (columns.length > 0 && columns.every(([, name = ""]) => field(name) === "")) return "";
  const text = line.replaceAll(COLUMN, (_, name: string) => field(name));
  // What an empty column leaves behind.
  return text.replaceAll(/\(\s*\)/g, "").replaceAll(/^[\s,]+|[\s,]+$/g, "");
}
