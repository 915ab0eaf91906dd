import { electionKeys } from "../../shared/domain/sealing/election-keys.ts";
import { ballotBox, openBallot, SEED_BYTES, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import { type Measurement, type Round, summarize, timed } from "./measure.ts";

/**
 * Measures sealing and opening ballots in this process, on one thread.
 *
 * @param ballots how many each round has
 * @param rounds how often each is measured
 * @returns a measurement of sealing and one of opening
 */
export async function benchSealing(ballots: number, rounds: number): Promise<Measurement[]> {
  const { election } = electionKeys(Buffer.alloc(32, 1));
  const box = ballotBox("bench/L1", election.publicKey);
  const sealing: Round[] = [];
  const opening: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const envelopes: string[] = [];
    const seal = async () => {
      for (let ballot = 0; ballot < ballots; ballot++) {
        const seed = Buffer.alloc(SEED_BYTES);
        seed.writeUInt32BE(round * ballots + ballot);
        const sealed = sealBallot(box, ballot % 2, seed);
        if (sealed.type === "sealed") envelopes.push(sealed.envelope);
      }
    };
    const open = async () => {
      for (const envelope of envelopes) {
        const { type } = openBallot(box, election.privateKey, envelope, 2);
        if (type !== "opened") throw new Error(`A ballot that was just sealed does not open: ${type}.`);
      }
    };
    sealing.push(await timed(seal));
    opening.push(await timed(open));
  }
  return [
    summarize("sealing, one thread", ballots, sealing, {}, "ballots"),
    summarize("opening, one thread", ballots, opening, {}, "ballots"),
  ];
}
