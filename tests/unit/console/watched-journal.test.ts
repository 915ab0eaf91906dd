import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { WatchedJournal } from "../../../console/server/watcher.ts";
import { JournalReader } from "../../../places/operators/journal-reader.ts";
import { FIRST_PREVIOUS } from "../../../shared/domain/journal.ts";
import type { JournalEntry } from "../../../shared/messages/operators/journal.ts";

const HOUR_MS = 3_600_000;
const WITHIN_MS = 60_000;

/** Entries with these names as their acts, each with the hash that PostgreSQL would give it. */
function chainEntries(acts: readonly string[]): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const [index, act] of acts.entries()) {
    const [number, previous] = [index + 1, entries.at(-1)?.hash ?? FIRST_PREVIOUS];
    const [at, phase, operator, identity] = ["2026-11-29T15:00:00.000Z", "done", "anna", "claimed"] as const;
    const [release, run, content] = ["1.0.0", "3f0f1c52-0000-4000-8000-000000000002", "{}"] as const;
    const hash = createHash("sha256");
    for (const value of [`${number}`, at, act, phase, "", operator, identity, release, run, content]) {
      hash.update(`${Buffer.byteLength(value)}:${value}\n`);
    }
    const entry = { number, at, act, phase, law_id: null, operator, identity, release, run, content, previous };
    entries.push({ ...entry, hash: hash.update(previous).digest("hex") });
  }
  return entries;
}

/** A journal that can be tampered with, and what the console has of it. */
function watch(entries = chainEntries(["a", "b", "c"])) {
  const journal = { entries };
  const asked: number[] = [];
  // What JournalReader asks for is the journal alone.
  const look = (async (_act: unknown, { after }: { after: number }) => {
    asked.push(after);
    return { entries: journal.entries.filter(({ number }) => number > after), last: journal.entries.length };
  }) as never;
  const watched = new WatchedJournal((known) => new JournalReader({ look }, new AbortController().signal, known));
  const check = (nowMs: number) => watched.check(journal.entries.at(-1), nowMs);
  return { journal, watched, asked, check };
}

test("new entries are read when there are some, and all of them again after a minute", async () => {
  const { journal, watched, asked, check } = watch();
  await check(0);
  await check(1);
  expect([watched.checked, asked]).toEqual([3, [0]]);
  journal.entries = chainEntries(["a", "b", "c", "d"]);
  await check(2);
  expect([watched.checked, asked]).toEqual([4, [0, 3]]);
  await check(WITHIN_MS);
  expect([watched.broken, watched.checked, asked]).toEqual([null, 4, [0, 3, 0]]);
});

test("an entry that is changed after it was checked is found within a minute, and stays found until it is mended", async () => {
  const { journal, watched, check } = watch();
  await check(0);
  const whole = journal.entries;
  journal.entries = whole.map((entry) => (entry.number === 2 ? { ...entry, operator: "mallory" } : entry));
  await check(WITHIN_MS);
  expect(watched.broken).toMatch(/NOT whole: entry 2 was changed/);
  await check(WITHIN_MS + 1);
  expect(watched.broken).toMatch(/entry 2 was changed/);
  journal.entries = whole;
  await check(WITHIN_MS + 2);
  expect([watched.broken, watched.checked]).toEqual([null, 3]);
});

test("another end of the journal is read at once, and entries that were checked are missed for as long as they are away", async () => {
  const { journal, watched, check } = watch();
  await check(0);
  journal.entries = chainEntries(["a", "x", "y"]);
  await check(1);
  expect(watched.broken).toMatch(/entry 3 is not what it was/);
  journal.entries = chainEntries(["a", "b"]);
  for (const nowMs of [2, WITHIN_MS + 2, HOUR_MS]) {
    await check(nowMs);
    expect(watched.broken, String(nowMs)).toMatch(/entry 3 is missing/);
  }
});
