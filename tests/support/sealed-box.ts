import { writeFileSync } from "node:fs";
import { ballotBox, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import { type BoxHeader, boxLines } from "../../shared/messages/box.ts";
import { gather } from "./gather.ts";

/** The election that a box is made for. */
interface Keys {
  readonly law_id: string;
  readonly origin: string;
  readonly election_key: string;
  readonly key_id: string;
}

/** Seals ballots with seeds that follow from their places. @param options the chosen options */
export function envelopesOf({ origin, election_key }: Keys, options: readonly number[]): string[] {
  const box = ballotBox(origin, Buffer.from(election_key, "base64url"));
  return options.map((option, at) => {
    const seed = Buffer.alloc(32, 3);
    seed.writeUInt32BE(at);
    const sealed = sealBallot(box, option, seed);
    if (sealed.type !== "sealed") throw new Error(sealed.type);
    return sealed.envelope;
  });
}

/** The text of a box with the options oui and non. */
export async function boxText(
  keys: Keys,
  envelopes: readonly string[],
  more: Partial<BoxHeader> = {},
): Promise<string> {
  const { law_id, origin, key_id } = keys;
  const header: BoxHeader = {
    ...{ v: 1, kind: "box", law_id, origin, key_id, proof: "none", options: ["oui", "non"] },
    envelopes: envelopes.length,
    ...more,
  };
  return (await gather(boxLines(header, envelopes))).join("");
}

/** Writes a box to a file; gives its path. */
export async function writeBox(path: string, ...box: Parameters<typeof boxText>): Promise<string> {
  writeFileSync(path, await boxText(...box));
  return path;
}
