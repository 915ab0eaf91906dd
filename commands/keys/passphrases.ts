import { createReadStream } from "node:fs";
import { text } from "node:stream/consumers";
import { UserError } from "../../terminal/errors.ts";
import { askPassphrase } from "../../terminal/passphrase.ts";

/** Fewer characters than this can be guessed by somebody who has found a share. */
const SHORTEST = 12;

/** Where passphrases come from. */
export interface PassphraseOptions {
  /** A file descriptor; absent: the terminal. */
  readonly passphrasesFd?: number;
}

/** The source of passphrases of one command. */
export interface Passphrases {
  /**
   * The passphrases of shares that exist, in their order.
   *
   * @param shares files and numbers of the shares
   */
  existing(shares: readonly { readonly path: string; readonly index: number }[]): Promise<string[]>;
  /**
   * New passphrases, one per trustee. On the terminal, each is typed twice.
   *
   * @param trustees how many
   * @throws UserError when one is too short
   */
  fresh(trustees: number): Promise<string[]>;
  /** Checks that every passphrase has been used. */
  end(): void;
}

/**
 * Opens the source that the options name.
 *
 * @throws UserError when the file descriptor cannot be read (exit code 2)
 */
export async function passphrasesFrom({ passphrasesFd }: PassphraseOptions): Promise<Passphrases> {
  return passphrasesFd === undefined ? ASKED : fromLines(await linesOf(passphrasesFd), passphrasesFd);
}

async function linesOf(fd: number): Promise<string[]> {
  const stream = fd === 0 ? process.stdin : createReadStream("", { fd });
  const whole = await text(stream).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `The passphrases cannot be read from file descriptor ${fd} (${error.code ?? error.message}).`,
      2,
    );
  });
  const lines = whole.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function refuseShort(passphrase: string, index: number): void {
  if ([...passphrase].length >= SHORTEST) return;
  throw new UserError(
    `The passphrase of trustee ${index} is too short: use at least ${SHORTEST} characters, for example five words.`,
  );
}

const ASKED: Passphrases = {
  async existing(shares) {
    const typed: string[] = [];
    for (const { path, index } of shares) typed.push(await askPassphrase(`Passphrase of trustee ${index} (${path}): `));
    return typed;
  },
  async fresh(trustees) {
    const typed: string[] = [];
    for (let index = 1; index <= trustees; index++) {
      const passphrase = await askPassphrase(`New passphrase of trustee ${index} of ${trustees}: `);
      refuseShort(passphrase, index);
      if ((await askPassphrase(`The same again, trustee ${index}: `)) !== passphrase) {
        throw new UserError(`Trustee ${index} typed two different passphrases. Nothing was written; begin again.`);
      }
      typed.push(passphrase);
    }
    return typed;
  },
  end() {
    // Nothing was typed that was not asked for.
  },
};

function fromLines(lines: readonly string[], fd: number): Passphrases {
  let used = 0;
  const take = (count: number) => {
    const taken = lines.slice(used, used + count);
    used += count;
    if (taken.length === count) return taken;
    throw new UserError(`File descriptor ${fd} has ${lines.length} lines, but ${used} passphrases are needed.`, 2);
  };
  return {
    existing: (shares) => Promise.resolve(take(shares.length)),
    fresh(trustees) {
      const taken = take(trustees);
      for (const [at, passphrase] of taken.entries()) refuseShort(passphrase, at + 1);
      return Promise.resolve(taken);
    },
    end() {
      if (used === lines.length) return;
      throw new UserError(`File descriptor ${fd} has ${lines.length} lines, but ${used} passphrases are needed.`, 2);
    },
  };
}
