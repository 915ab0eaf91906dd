import { randomBytes } from "node:crypto";
import { CODE_ALPHABET, SECRET_CHARACTERS } from "../../shared/domain/code-form.ts";
import { checkOf } from "../../shared/domain/voter-code.ts";
import type { SecretKey } from "../../shared/domain/voter-hash.ts";

/** There are this many different NAS: nine digits. */
export const MAX_CREDENTIALS = 1_000_000_000;

const HALF_BITS = 15;
const HALF_MASK = (1 << HALF_BITS) - 1;
const ROUNDS = 4;

/** Lines in one piece of the file. */
const LINES_PER_CHUNK = 2_000;
/** Codes that are asked for at a time. */
const CODES_AT_A_TIME = 50_000;

/**
 * Makes voters' credentials as CSV, `nas,code`, from the system's CSPRNG. Memory does not grow with their number.
 *
 * @param count how many, up to a billion
 * @param onProgress called with the number made so far
 * @param checkKey the key of checks, which codes then have; without it, a code is only 80 random bits
 * @yields pieces of the file, header first
 */
export function* credentialLines(
  count: number,
  onProgress: (made: number) => void = () => undefined,
  checkKey?: SecretKey,
) {
  const nas = distinctNas();
  yield "nas,code\n";
  for (let made = 0; made < count; ) {
    const lines = Math.min(LINES_PER_CHUNK, count - made);
    const random = randomBytes(lines * SECRET_CHARACTERS);
    let text = "";
    for (let line = 0; line < lines; line++) {
      text += `${String(nextOf(nas)).padStart(9, "0")},${codeFrom(random, line * SECRET_CHARACTERS, checkKey)}\n`;
    }
    yield text;
    made += lines;
    onProgress(made);
  }
}

/**
 * Makes codes from the system's CSPRNG: 80 random bits, and their check.
 *
 * @param count how many
 * @param checkKey the key of checks
 */
export function checkedCodes(count: number, checkKey: SecretKey): string[] {
  const random = randomBytes(count * SECRET_CHARACTERS);
  return Array.from({ length: count }, (_, index) => codeFrom(random, index * SECRET_CHARACTERS, checkKey));
}

/**
 * Makes voters' credentials as CSV, `nas,code`, with codes that were made elsewhere.
 *
 * @param count how many, up to a billion
 * @param makeCodes makes codes
 * @param onProgress called with the number made so far
 * @yields pieces of the file, header first
 */
export async function* linesWithCodes(
  count: number,
  makeCodes: (count: number) => Promise<readonly string[]>,
  onProgress: (made: number) => void = () => undefined,
): AsyncGenerator<string> {
  const nas = distinctNas();
  yield "nas,code\n";
  for (let made = 0; made < count; ) {
    const codes = await makeCodes(Math.min(CODES_AT_A_TIME, count - made));
    yield codes.map((code) => `${String(nextOf(nas)).padStart(9, "0")},${code}\n`).join("");
    made += codes.length;
    onProgress(made);
  }
}

function nextOf(nas: Generator<number, undefined>): number {
  const { value } = nas.next();
  if (value === undefined) throw new Error(`there are only ${MAX_CREDENTIALS} different NAS`);
  return value;
}

function codeFrom(random: Uint8Array, offset: number, checkKey: SecretKey | undefined): string {
  const secret = secretFrom(random, offset);
  return checkKey === undefined ? secret : secret + checkOf(secret, checkKey);
}

function secretFrom(random: Uint8Array, offset: number): string {
  let secret = "";
  for (let at = offset; at < offset + SECRET_CHARACTERS; at++) secret += CODE_ALPHABET.charAt((random[at] ?? 0) & 31);
  return secret;
}

/**
 * Every nine-digit number once, in random order. A Feistel network of four rounds with random round functions is a
 * pseudorandom permutation of the 30-bit numbers (Luby & Rackoff 1988). Numbers of more than nine digits are left out.
 */
function* distinctNas(): Generator<number, undefined> {
  const rounds = Array.from({ length: ROUNDS }, () => crypto.getRandomValues(new Uint16Array(1 << HALF_BITS)));
  for (let index = 0; index < 1 << (2 * HALF_BITS); index++) {
    let left = index >>> HALF_BITS;
    let right = index & HALF_MASK;
    for (const round of rounds) {
      const mixed = left ^ ((round[right] ?? 0) & HALF_MASK);
      left = right;
      right = mixed;
    }
    const number = (left << HALF_BITS) | right;
    if (number < MAX_CREDENTIALS) yield number;
  }
  return undefined;
}
