import { describe, expect, test } from "vitest";
import { readCertificate } from "../../../../client/verify/files/certificate.ts";
import { submissionsOf } from "../../../../client/verify/files/submissions.ts";
import { setAsideOf } from "../../../../operations/certify/log-end.ts";
import { LogObjects, logObject } from "../../../../operations/log/log-objects.ts";
import type { Conclusion, Conclusions, PublishedSoFar } from "../../../../operations/log/ports.ts";
import { publishConclusion } from "../../../../operations/log/publish-conclusion.ts";
import { certificateText } from "../../../../shared/domain/log/certificate.ts";
import type { ListedSubmission } from "../../../../shared/domain/log/submission-list.ts";
import { LAW, LOG_KEY } from "../../../support/log/log-world.ts";
import { MemoryObjects } from "../../../support/memory-objects.ts";

const { lawId, origin } = LAW;
const SIGNER = { ...LOG_KEY, name: origin };
const STATUSES = { lost: 1, invalid: 2, duplicate: 3, counted: 4, repeated: 5, late: 6 };
const TEXT = certificateText({
  lawId,
  origin,
  figures: {
    ...{ eligible: 9, voted: 4, statuses: STATUSES, spoiled: 1 },
    sums: [
      { option: "oui", ballots: 2 },
      { option: "non", ballots: 1 },
    ],
  },
  setAside: [{ number: 3, sha256: "a".repeat(64), reason: "nothing reads it" }],
  ledger: "clean",
  journal: { entries: 7, end: "b".repeat(64) },
  log: { size: 12, root: "c".repeat(64) },
  opening: { sha256: "d".repeat(64), boxSha256: "e".repeat(64) },
  certifiedAt: "2026-11-30T12:00:00.000Z",
});

function submission(at: number): ListedSubmission {
  const request = Buffer.alloc(32);
  request.writeUInt32BE(at);
  return {
    ...{ request, envelope: at === 0 ? Buffer.alloc(32) : Buffer.alloc(32, 7), status: 4 },
    promise: at === 0 ? null : Buffer.alloc(72, at % 251),
  };
}

/** A certified law in memory, which somebody publishes. */
class MemoryConclusions implements Conclusions {
  note: string | undefined;
  soFar: PublishedSoFar = { parts: 0, after: Buffer.alloc(0), listed: 0, openedParts: 0 };
  isComplete = false;
  /** How many notes are still taken before the machine dies. */
  lives = Number.POSITIVE_INFINITY;
  readonly #list: readonly ListedSubmission[];
  readonly #opened: readonly string[];

  constructor(submissions: number, opened: readonly string[] = []) {
    this.#list = Array.from({ length: submissions }, (_, at) => submission(at));
    this.#opened = opened;
  }

  async of(): Promise<Conclusion> {
    return { text: TEXT, note: this.note, publishing: this.isComplete ? undefined : this.soFar };
  }

  async sign(_: string, note: string): Promise<void> {
    this.#live();
    this.note = note;
  }

  async submissions(_: string, after: Buffer, most: number): Promise<readonly ListedSubmission[]> {
    const from = this.#list.findIndex(({ request, envelope }) => Buffer.concat([request, envelope]).compare(after) > 0);
    return from < 0 ? [] : this.#list.slice(from, from + most);
  }

  async openedPiece(_: string, number: number): Promise<string | undefined> {
    return this.#opened[number];
  }

  async advance(_: string, soFar: PublishedSoFar, isComplete: boolean): Promise<void> {
    this.#live();
    [this.soFar, this.isComplete] = [soFar, isComplete];
  }

  #live(): void {
    if (this.lives-- <= 0) throw new Error("the machine died");
  }
}

function worldOf(conclusions: MemoryConclusions) {
  const store = new MemoryObjects();
  const objects = new LogObjects(store, lawId);
  const run = (isOver = () => false) => publishConclusion({ lawId, conclusions, objects, signer: SIGNER, isOver });
  const text = async (path: string) => Buffer.from((await store.get(logObject(lawId, path))) ?? []).toString("utf8");
  return { store, run, text };
}

async function* chunks(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

describe("the conclusion of a law", () => {
  test("is a certificate and lists as the verifier reads them", async () => {
    const conclusions = new MemoryConclusions(10_001, ["one\n", "two\n"]);
    const { run, text } = worldOf(conclusions);
    expect(await run()).toBe(true);
    expect(readCertificate(await text("certificate"))).toMatchObject({
      ...{ lawId, origin, eligible: 9, voted: 4, statuses: STATUSES, spoiled: 1, ledger: "clean" },
      ...{ journal: { entries: 7 }, log: { size: 12 }, opening: { boxSha256: "e".repeat(64) } },
    });
    const parts = [await text("submissions/000000001.ndjson"), await text("submissions/000000002.ndjson")];
    const read: { readonly promise: unknown }[] = [];
    for await (const some of submissionsOf(chunks(...parts))) read.push(...some);
    expect(read).toHaveLength(10_001);
    expect([read[0]?.promise, read[1]?.promise]).toEqual([null, expect.stringMatching(/^(01){8}\.[\w-]{86}$/)]);
    expect([await text("opened/000000001.ndjson"), await text("opened/000000002.ndjson")]).toEqual(["one\n", "two\n"]);
    expect(conclusions).toMatchObject({ isComplete: true, soFar: { parts: 2, listed: 10_001, openedParts: 2 } });
  });

  test("is an empty list when nobody has voted", async () => {
    const { run, store } = worldOf(new MemoryConclusions(0));
    expect(await run()).toBe(true);
    expect((await store.get(logObject(lawId, "submissions/000000001.ndjson")))?.length).toBe(0);
  });

  test.each([0, 1, 2, 3, 4])("is completed by the next run when the machine dies after %i notes", async (lives) => {
    const conclusions = new MemoryConclusions(10_001, ["one\n"]);
    const { run, text } = worldOf(conclusions);
    conclusions.lives = lives;
    await expect(run()).rejects.toThrow("the machine died");
    conclusions.lives = Number.POSITIVE_INFINITY;
    expect(await run()).toBe(true);
    expect(conclusions).toMatchObject({ isComplete: true, soFar: { parts: 2, openedParts: 1 } });
    expect(await text("certificate")).toBe(conclusions.note);
  });

  test("goes on in the next run when the time is over", async () => {
    const conclusions = new MemoryConclusions(10_001);
    const { run } = worldOf(conclusions);
    let looks = 0;
    expect(await run(() => ++looks > 2)).toBe(false);
    expect(conclusions.soFar.parts).toBe(1);
    expect(await run()).toBe(true);
  });

  test("stops the log when something else is published already", async () => {
    const conclusions = new MemoryConclusions(1);
    const { run, store } = worldOf(conclusions);
    await store.put(logObject(lawId, "submissions/000000001.ndjson"), Buffer.from("other\n"));
    await expect(run()).rejects.toMatchObject({ reason: "text_differs" });
  });

  test("stops the log when the kept certificate is not as it was signed", async () => {
    const conclusions = new MemoryConclusions(1);
    await worldOf(conclusions).run();
    conclusions.note = conclusions.note?.replace('"voted":4', '"voted":5');
    await expect(worldOf(conclusions).run()).rejects.toMatchObject({ reason: "text_differs" });
  });
});

describe("what was set aside", () => {
  const act = (number: number, name: string, fingerprint: string) =>
    JSON.stringify({ number, act: name, details: { fingerprint, reason: "why" } });

  test("is certified unless it was sent back later", () => {
    const texts = [
      act(1, "set-aside", "a"),
      act(2, "undo-set-aside", "a"),
      act(3, "set-aside", "b"),
      act(4, "set-aside", "a"),
    ];
    expect(setAsideOf(texts)).toEqual([
      { number: 3, sha256: "b", reason: "why" },
      { number: 4, sha256: "a", reason: "why" },
    ]);
  });
});
