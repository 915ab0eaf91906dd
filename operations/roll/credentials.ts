import { randomBytes } from "node:crypto";

/** There are this many different NAS: nine digits. */
export const MAX_CREDENTIALS = 1_000_000_000;

/** 32 characters that are not mistaken for one another when read from paper: no I, O, 0 or 1. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/** 16 characters of 5 bits each: 80 bits. */
const CODE_CHARACTERS = 16;

const HALF_BITS = 15;
const HALF_MASK = (1 << HALF_BITS) - 1;
const ROUNDS = 4;

/** Lines in one piece of the file. */
const LINES_PER_CHUNK = 2_000;

/**
 * Makes voters' credentials as CSV, `nas,code`, from the system's CSPRNG. Memory does not grow with their number.
 *
 * @param count how many, up to a billion
 * @param onProgress told how many are made
 * @yields pieces of the file, header first
 */
export function* credentialLines(count: number, onProgress: (made: number) => void = () => undefined) {
  const nas = distinctNas();
  yield "nas,code\n";
  for (let made = 0; made < count; ) {
    const lines = Math.min(LINES_PER_CHUNK, count - made);
    const random = randomBytes(lines * CODE_CHARACTERS);
    let text = "";
    for (let line = 0; line < lines; line++) {
      const { value } = nas.next();
      if (value === undefined) throw new Error(`there are only ${MAX_CREDENTIALS} different NAS`);
      text += `${String(value).padStart(9, "0")},${codeFrom(random, line * CODE_CHARACTERS)}\n`;
    }
    yield text;
    made += lines;
    onProgress(made);
  }
}

function codeFrom(random: Uint8Array, offset: number): string {
  let code = "";
  for (let at = offset; at < offset + CODE_CHARACTERS; at++) code += ALPHABET.charAt((random[at] ?? 0) & 31);
  return code;
}

/**
 * Every nine-digit number once, in random order: a Feistel network of four rounds with random round functions is a
 * random-looking permutation of the 30-bit numbers (Luby & Rackoff 1988); those above nine digits are left out.
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
