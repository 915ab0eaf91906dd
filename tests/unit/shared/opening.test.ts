import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { OpeningReader, OpeningSoFar, WrongOpening } from "../../../shared/messages/opening.ts";
import { ForeignHashState, RunningSha256 } from "../../../shared/runtime/running-sha256.ts";
import { writeOpening } from "../../../trustees/opening-file.ts";
import { electionFields } from "../../../trustees/public-file.ts";

const keys = electionKeys(Buffer.alloc(32, 7));

/** The lines of a list with some ballots of each option and two that are spoiled, with a proof or without. */
function listOf(proof: "none" | "voter", oui = 5, non = 3): string[] {
  const election = electionFields("L1", "stage/L1/1", keys);
  const options = ["oui", "non"];
  const envelopes = oui + non + 2;
  const { law_id, origin, key_id } = election;
  const header = { ...({ v: 1, kind: "box" } as const), law_id, origin, key_id, proof, options, envelopes };
  const trackers = [oui, non].map((count) => Array.from({ length: count }, () => randomBytes(16).toString("hex")));
  const spoiled = [
    { type: "no_such_option", envelope: "x" },
    { type: "not_authentic", envelope: "y" },
  ] as const;
  const opened = { counts: [oui, non], trackers, spoiled: [...spoiled] };
  return [...writeOpening(keys, election, header, "0".repeat(64), opened).lines];
}

/** Reads a list in pieces of some lines, each by another reader. */
async function readInPieces(lines: readonly string[], size: number) {
  let soFar: OpeningSoFar | undefined;
  let state: string | undefined;
  for (let at = 0; at < lines.length; at += size) {
    const hash = await RunningSha256.from(state);
    const reader = new OpeningReader(hash, undefined, soFar);
    reader.read(lines.slice(at, at + size).join(""));
    soFar = OpeningSoFar.parse(JSON.parse(JSON.stringify(reader.soFar)));
    state = hash.state;
  }
  const hash = await RunningSha256.from(state);
  return new OpeningReader(hash, undefined, soFar).end(hash.digest());
}

describe("an opened list", () => {
  test.each(["none", "voter"] as const)(
    "with proof %s is read in pieces of any size, each by another process",
    async (proof) => {
      const lines = listOf(proof);
      for (const size of [1, 2, 5, 100]) {
        expect(await readInPieces(lines, size)).toMatchObject({
          proof,
          envelopes: 10,
          sums: [{ ballots: 5 }, { ballots: 3 }],
        });
      }
    },
  );

  test.each([
    ["cut in the middle of a line", (lines: string[]) => [lines.join("").slice(0, -5)], "is cut off"],
    ["without its end", (lines: string[]) => lines.slice(0, -1), "is cut off"],
    ["with a ballot of no option", (lines: string[]) => lines.toSpliced(3, 1, '{"option":"peut-être"}\n'), "no ballot"],
    ["with a tracker that nobody asked for", withTracker, "a line that is no ballot"],
    [
      "with lines in another order",
      (lines: string[]) => lines.toSpliced(1, 1).toSpliced(6, 0, lines[1] ?? ""),
      "not sorted",
    ],
    [
      "with another ballot in a later piece",
      (lines: string[]) => lines.toSpliced(6, 1, lines[5] ?? ""),
      "other ballots",
    ],
  ])("%s is refused, in whatever pieces it comes", async (_, change, says) => {
    for (const size of [1, 100]) {
      const failure = readInPieces(change(listOf("none")), size);
      await expect(failure).rejects.toThrow(WrongOpening);
      await expect(failure).rejects.toThrow(says);
    }
  });

  function withTracker(lines: string[]): string[] {
    return lines.toSpliced(1, 1, `{"option":"oui","tracker":"${"0".repeat(32)}"}\n`);
  }
});

describe("a SHA-256 over several steps", () => {
  test("is that of node:crypto, wherever it was cut", async () => {
    const data = randomBytes(1_000);
    const wanted = createHash("sha256").update(data).digest();
    for (const cut of [0, 1, 63, 64, 65, 999, 1_000]) {
      const first = (await RunningSha256.from(undefined)).update(data.subarray(0, cut));
      expect((await RunningSha256.from(first.state)).update(data.subarray(cut)).digest(), String(cut)).toEqual(wanted);
    }
  });

  test("does not go on from a state that is none of this release", async () => {
    for (const state of ["", "AAAA", Buffer.alloc(116).toString("base64url")]) {
      await expect(RunningSha256.from(state)).rejects.toThrow(ForeignHashState);
    }
  });
});
