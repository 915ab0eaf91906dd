import { describe, expect, test } from "vitest";
import { keepLogs, type LogKeeping, LogMarks } from "../../../../operations/log/keep-logs.ts";
import { LogObjects, logObject } from "../../../../operations/log/log-objects.ts";
import type { LogStopped } from "../../../../operations/log/log-stopped.ts";
import { type DescribedLaw, firstDescription } from "../../../../shared/domain/log/description.ts";
import { readEntry } from "../../../../shared/domain/log/leaf.ts";
import { openNote } from "../../../../shared/domain/log/note.ts";
import { type JournalFacts, NO_ENTRY, textHash } from "../../../../shared/domain/log/public-journal.ts";
import { PROMISE_KEY } from "../../../support/factories.ts";
import { counted, LAW, LOG_KEY, LogWorld } from "../../../support/log/log-world.ts";
import { filesIn, readPublishedLog } from "../../../support/log/published-log.ts";

const TRUSTEES = {
  ...{ electionKey: "A".repeat(43), signingKey: "B".repeat(43), splitId: "c".repeat(32) },
  ...{ threshold: 2, trustees: 3, tested: true },
};
const DESCRIBED: DescribedLaw = {
  ...{ lawId: LAW.lawId, origin: LAW.origin, form: "open", title: "A law", titles: undefined, trustees: undefined },
  ...{ opensAt: "2026-03-01T07:00:00.000Z", closesAt: undefined, results: "live", proof: "none" },
  promiseKeys: [PROMISE_KEY],
  roll: { voters: 3, digest: "d".repeat(64) },
};

function act(number: number, phase = "done"): JournalFacts {
  return {
    ...{ number, at: "2026-03-01T07:00:00.000Z", act: "seal-roll", phase, lawId: LAW.lawId, by: "a".repeat(64) },
    ...{ roleName: "", approvedBy: null, content: JSON.stringify({ result: { digest: "d".repeat(64) } }) },
  };
}

/** A world whose law is ready, and what keeps its log. */
function ready(everyMs = 60_000) {
  const world = new LogWorld();
  world.database.described = DESCRIBED;
  const told: string[] = [];
  let now = 0;
  const keeping: LogKeeping = {
    ports: world.ports,
    rules: { minimumSubmissions: 1 },
    marks: new LogMarks(everyMs, () => now),
    onError: (lawId, error) => told.push(`${lawId} failed: ${error instanceof Error ? error.message : error}`),
    onStopped: (lawId, { reason }: LogStopped) => told.push(`${lawId} stopped: ${reason}`),
    onPublished: (_, { size }) => told.push(`${size}`),
  };
  const keep = (lawId?: string, isOver = () => false) => keepLogs(keeping, lawId, isOver);
  const text = async (path: string) => {
    const body = await world.objects.get(logObject(LAW.lawId, path));
    return body && Buffer.from(body).toString("utf8");
  };
  return { world, told, keep, text, wait: (ms: number) => (now += ms), keeping };
}

const published = (world: LogWorld) => readPublishedLog(filesIn(world.objects, LAW.lawId), LOG_KEY);

describe("a log", () => {
  test("begins with the law's description, and has the journal's public texts", async () => {
    const { world, keep, text } = ready();
    world.database.journal = [act(4, "begun"), act(9)];
    world.database.add(counted(1));
    expect(await keep()).toEqual({ epochs: 1, stopped: 0, behind: 0, failed: 0 });
    const { entries } = await published(world);
    expect(entries.map((entry) => readEntry(entry)?.kind)).toEqual(["description", "journal", "journal", "submission"]);
    const note = (await text("description")) ?? "";
    expect(JSON.parse(openNote(note, LOG_KEY) ?? "")).toEqual(JSON.parse(JSON.stringify(firstDescription(DESCRIBED))));
    expect(await text("description.1")).toBe(note);
    expect(await text("key")).toMatch(new RegExp(`^${LAW.origin}\\+[0-9a-f]{8}\\+`));
    const lines = ((await text("journal.ndjson")) ?? "").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).previous)).toEqual([NO_ENTRY, textHash(lines[0] ?? "")]);
  });

  test("gets another description when the roll has changed, and further texts behind the others", async () => {
    const { world, keep, text } = ready();
    world.database.journal = [act(4)];
    await keep();
    const [first, before] = [await text("description"), await text("journal.ndjson")];
    world.database.described = { ...DESCRIBED, roll: { voters: 4, digest: "e".repeat(64) } };
    world.database.journal.push(act(9));
    await keep();
    expect(JSON.parse(openNote((await text("description")) ?? "", LOG_KEY) ?? "")).toMatchObject({
      version: 2,
      roll: { voters: 4 },
    });
    expect(await text("description.1")).toBe(first);
    expect((await text("journal.ndjson"))?.startsWith(before ?? "nothing")).toBe(true);
    expect((await published(world)).entries.map((entry) => readEntry(entry)?.kind)).toEqual([
      ...["description", "journal"],
      ...["description", "journal"],
    ]);
  });

  test("is stopped when a text was changed in the store", async () => {
    const { world, keep, told } = ready();
    world.database.journal = [act(4)];
    await keep();
    const name = logObject(LAW.lawId, "journal.ndjson");
    await world.objects.put(name, Buffer.from("{}\n"));
    world.database.journal.push(act(9));
    expect(await keep()).toMatchObject({ stopped: 1, epochs: 0 });
    expect(told.at(-1)).toBe(`${LAW.lawId} stopped: text_differs`);
  });

  test("is stopped when its description was changed in the database", async () => {
    const { world, keep, told } = ready();
    await keep();
    world.database.notes[0] = (world.database.notes[0] ?? "").replace("oui", "yes");
    world.database.described = { ...DESCRIBED, roll: { voters: 4, digest: "e".repeat(64) } };
    expect(await keep()).toMatchObject({ stopped: 1 });
    expect(told.at(-1)).toBe(`${LAW.lawId} stopped: text_differs`);
  });

  test.each<[string, Partial<DescribedLaw>]>([
    ["titles", { titles: { fr: "Une autre loi", en: "Another law" } }],
    ["form", { form: "sealed" }],
    ["results", { results: DESCRIBED.results === "after_close" ? "live" : "after_close" }],
    ["proof", { proof: "voter" }],
    ["election_key", { trustees: { ...TRUSTEES, electionKey: "C".repeat(43) } }],
  ])("is stopped when the law has another %s than it has described", async (field, change) => {
    const { world, keep, told } = ready(0);
    world.database.described = { ...DESCRIBED, trustees: TRUSTEES };
    await keep();
    world.database.described = { ...DESCRIBED, trustees: TRUSTEES, closesAt: "2031-01-01T00:00:00.000Z" };
    expect(await keep()).toMatchObject({ stopped: 0 });
    world.database.described = { ...DESCRIBED, trustees: TRUSTEES, ...change };
    expect(await keep(), field).toMatchObject({ stopped: 1, epochs: 0 });
    expect(told.at(-1)).toBe(`${LAW.lawId} stopped: law_differs`);
  });

  test("keeps a text that a faster run has made longer, and a later description", async () => {
    const { world, text } = ready();
    const objects = new LogObjects(world.objects, LAW.lawId);
    await objects.extend("journal.ndjson", "1\n2\n");
    await objects.extend("journal.ndjson", "1\n");
    expect(await text("journal.ndjson")).toBe("1\n2\n");
    await objects.replaceText("description", ["first"], "second");
    await objects.replaceText("description", ["first"], "second");
    await expect(objects.replaceText("description", [], "first")).rejects.toMatchObject({ reason: "text_differs" });
    expect(await text("description")).toBe("second");
  });
});

describe("keeping logs", () => {
  test("leaves out a law of which nothing is new, for a while", async () => {
    const { world, keep, told, wait } = ready(60_000);
    await keep();
    // The first run changed what it looks at.
    await keep();
    await world.objects.put(logObject(LAW.lawId, "checkpoint"), Buffer.from("forged"));
    expect(await keep()).toMatchObject({ stopped: 0 });
    wait(60_000);
    expect(await keep()).toMatchObject({ stopped: 1 });
    expect(told.at(-1)).toBe(`${LAW.lawId} stopped: checkpoint_differs`);
  });

  test("looks at a law that it is asked for, and at no other", async () => {
    const { world, keep } = ready();
    await keep();
    world.database.add(counted(1));
    expect(await keep("another")).toMatchObject({ epochs: 0 });
    expect(await keep(LAW.lawId)).toMatchObject({ epochs: 1 });
  });

  test("tells of what failed, and of what it had no time for", async () => {
    const { world, keep, told } = ready();
    expect(await keep(undefined, () => true)).toMatchObject({ behind: 1, epochs: 0 });
    world.objects.put = async () => {
      throw new Error("S3 is away");
    };
    expect(await keep()).toMatchObject({ failed: 1 });
    expect(told).toEqual([`${LAW.lawId} failed: S3 is away`]);
  });
});
