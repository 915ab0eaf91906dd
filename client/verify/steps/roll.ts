import { Sha256, sha256 } from "../bytes/sha256.ts";
import { equal, fromHex, hex, numberBytes } from "../bytes/text.ts";
import type { Roll } from "../files/description.ts";
import { BadLines, blocksOf } from "../files/lines.ts";
import { HashTable } from "../log/hash-table.ts";
import type { Context } from "./context.ts";

const BUCKETS = 65_536;
const FILE = "the roll";

/**
 * Compares a list of voter hashes with the sealed roll (1.09). The roll's digest is SHA-256 over the digests of its
 * 65,536 buckets and the number of voters (8 bytes); a bucket has the voters whose hashes begin with its 16 bits, and
 * its digest is SHA-256 over them in ascending order.
 *
 * @param context report and progress
 * @param chunks the list: a hash of 64 hexadecimal digits per line
 * @param roll as the description names it
 */
export async function checkRoll(
  { report, onProgress, signal }: Context,
  chunks: AsyncIterable<Uint8Array>,
  roll: Roll,
): Promise<void> {
  const table = new HashTable();
  try {
    for await (const { lines, before } of blocksOf(chunks)) {
      signal?.throwIfAborted();
      for (const [at, text] of lines.entries()) {
        const hash = fromHex(text.trim(), 32);
        if (hash === undefined)
          return report.fail("1.09", { code: "malformed_line", file: FILE, line: before + at + 1 });
        table.add(hash);
      }
      onProgress("roll", table.size, roll.voters);
    }
  } catch (error) {
    if (!(error instanceof BadLines)) throw error;
    return report.fail("1.09", { code: "malformed_line", file: FILE, line: error.line });
  }
  const { digest, voters } = digestOf(table);
  if (digest !== roll.digest) report.fail("1.09", { code: "roll_differs", found: voters, expected: roll.voters });
  report.ran("1.09");
}

function digestOf(table: HashTable): Roll {
  const whole = new Sha256();
  const order = table.sorted();
  let [place, voters] = [0, 0];
  let last: Uint8Array | undefined;
  const [own, empty] = [new Sha256(), sha256()];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const before = voters;
    for (; place < order.length; place++) {
      const hash = table.at(order[place] ?? 0);
      if ((((hash[0] ?? 0) << 8) | (hash[1] ?? 0)) !== bucket) break;
      // A voter who is listed twice is on the roll once.
      if (last !== undefined && equal(last, hash)) continue;
      own.update(hash);
      voters++;
      last = hash;
    }
    whole.update(voters === before ? empty : own.digest());
  }
  return { voters, digest: hex(whole.update(numberBytes(voters, 8)).digest()) };
}
