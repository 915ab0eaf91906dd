import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { compareMemories, writeTwoViews } from "../../../../client/verify/compare.ts";
import { type Remembered, readMemory, writeMemory } from "../../../../client/verify/files/remembered.ts";
import { readSaved } from "../../../../client/verify/files/saved.ts";
import { readCheckpoint } from "../../../../client/verify/log/checkpoint.ts";
import { bundleAt } from "../../../../client/verify/source.ts";
import { type Verification, type VerifyOptions, verify } from "../../../../client/verify/verify.ts";
import { type Hooks, type MadeBundle, makeBundle } from "../../../support/bundle/make-bundle.ts";
import { growingSource, memorySource } from "../../../support/bundle/memory-source.ts";
import { honestWorld, submission, type World } from "../../../support/bundle/world.ts";

async function checked({ files }: Pick<MadeBundle, "files">, options: VerifyOptions = {}): Promise<Verification> {
  return await verify(memorySource(files), "the bundle", options);
}

function made(form: World["form"], { votes = 12, hooks = {} }: { votes?: number; hooks?: Hooks } = {}): MadeBundle {
  return makeBundle(honestWorld(form, votes), hooks);
}

/** What the API tells voters of a law. */
function toldOf({ lawId, descriptions }: World) {
  const { titles: title, origin, form, results, election_key, signing_key } = descriptions.at(-1)?.fields ?? {};
  return { ...{ law_id: lawId, title, origin, form, results }, ...{ election_key, signing_key } };
}

/** The files that a law which runs has. */
function running(bundle: MadeBundle): MadeBundle {
  const later = ["certificate", "submissions.ndjson", "opened.ndjson", "journal.ndjson", "key"];
  for (const path of later) bundle.files.delete(path);
  return bundle;
}

const outcomes = ({ checks }: Verification, outcome: string) =>
  checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
const because = ({ checks }: Verification, reason: string) =>
  checks.filter((check) => check.because === reason).map(({ id }) => id);
const factsOf = ({ checks }: Verification, id: string) => checks.find((check) => check.id === id)?.facts;
const findingsOf = ({ checks }: Verification, id: string) => checks.find((check) => check.id === id)?.findings;

describe("a law that runs", () => {
  test.each(["open", "sealed"] as const)("is told as such: %s", async (form) => {
    const bundle = running(made(form));
    const verification = await checked(bundle, { key: bundle.key });
    expect(verification.verdict).toBe("running");
    expect(outcomes(verification, "fails")).toEqual([]);
    expect(because(verification, "not_yet")).toEqual(
      expect.arrayContaining(["1.07", "2.09", "2.10", "2.11", "3.01", "3.03"]),
    );
    expect(outcomes(verification, "holds")).toEqual(expect.arrayContaining(["1.04", "2.01", "2.02", "2.03", "2.07"]));
  });

  test("is checked without the checkpoints of its epochs, and without their order", async () => {
    const bundle = running(made("open", { hooks: { entries: (epochs) => epochs[1]?.reverse() } }));
    for (const path of [...bundle.files.keys()]) if (path.startsWith("checkpoints/")) bundle.files.delete(path);
    const verification = await checked(bundle, { key: bundle.key });
    expect(verification.verdict).toBe("running");
    expect(because(verification, "not_yet")).toContain("2.02");
  });

  test("may have published texts that come into the log in the next epoch", async () => {
    const world = honestWorld("open");
    const bundle = makeBundle(world);
    const later = makeBundle({ ...world, journal: [...world.journal, { epoch: 99, act: "freeze-law", details: {} }] });
    bundle.files.set("journal.ndjson", later.files.get("journal.ndjson") ?? Buffer.of());
    const next = { ...world.descriptions[1]?.fields, promise_keys: [] };
    const described = makeBundle({ ...world, descriptions: [...world.descriptions, { epoch: 99, fields: next }] });
    for (const path of ["description", "description.2"]) {
      bundle.files.set(path, described.files.get(path) ?? Buffer.of());
    }
    expect(outcomes(await checked(bundle), "fails")).toEqual(["1.04", "1.10", "2.12"]);
    for (const path of ["certificate", "submissions.ndjson"]) bundle.files.delete(path);
    expect(outcomes(await checked(bundle), "fails")).toEqual([]);
  });

  test.each(["open", "sealed"] as const)("may say that submissions are lost, after a restore: %s", async (form) => {
    const world = honestWorld(form);
    world.journal.splice(2, 0, { epoch: 2, act: "restore-log", details: { epochs: 1 } });
    // One is lost, one is lost and was sent again.
    world.submissions[0]?.statuses.push({ epoch: 2, status: "lost" });
    world.submissions[3]?.statuses.push({ epoch: 2, status: "lost" }, { epoch: 3, status: "counted" });
    const bundle = makeBundle(world);
    expect(outcomes(await checked(bundle, { key: bundle.key }), "fails")).toEqual([]);
    bundle.files.delete("journal.ndjson");
    expect(findingsOf(await checked(bundle, { key: bundle.key }), "2.07")).toEqual([
      { code: "lost_unsaid", index: expect.any(Number) },
    ]);
  });

  test("has not broken a promise yet", async () => {
    const world = honestWorld("open");
    const [lost] = world.submissions.splice(0, 1);
    if (lost === undefined) throw new Error("no submission");
    const bundle = running(makeBundle(world));
    const verification = await checked(bundle, { key: bundle.key, promise: readSaved(bundle.receiptOf(lost)) });
    expect(verification.verdict).toBe("running");
    expect(because(verification, "not_yet")).toContain("2.13");
    expect(verification.proof).toBeUndefined();
  });
});

describe("a log that grows while it is read", () => {
  const later = (world: World) => ({
    ...world,
    journal: [...world.journal, { epoch: 99, act: "freeze-law", details: {} }],
  });

  test.each(["running", "certified"])("has entries of the journal that come into the log next: %s", async (state) => {
    const world = honestWorld("open");
    const bundle = makeBundle(world);
    if (state === "running") running(bundle);
    bundle.files.set("journal.ndjson", makeBundle(later(world)).files.get("journal.ndjson") ?? Buffer.of());
    const verification = await verify(
      growingSource((path) => bundle.files.get(path)),
      "the log",
      { key: bundle.key },
    );
    expect(outcomes(verification, "fails")).toEqual([]);
  });

  test("is read with the journal of a moment later, also when a cache gives an earlier one first", async () => {
    const world = honestWorld("open");
    world.journal.splice(2, 0, { epoch: 2, act: "restore-log", details: { epochs: 1 } });
    world.submissions[0]?.statuses.push({ epoch: 2, status: "lost" });
    const { files, key } = makeBundle(world);
    const whole = files.get("journal.ndjson") ?? Buffer.of();
    const early = Buffer.from(`${whole.toString().split("\n").slice(0, 2).join("\n")}\n`);
    const given: string[] = [];
    const read = (path: string) => {
      given.push(path);
      const isEarly = path === "journal.ndjson" && given.filter((one) => one === path).length <= 2;
      return isEarly ? early : files.get(path);
    };
    expect(outcomes(await verify(growingSource(read), "the log", { key }), "fails")).toEqual([]);
    // What nobody replaces is judged at once.
    files.set("journal.ndjson", early);
    expect(outcomes(await checked({ files }, { key }), "fails")).toEqual(["1.10", "2.07", "2.12", "3.05", "3.06"]);
  });

  test("is certified while it is read: the checkpoint is read after the certificate", async () => {
    const { files, key } = made("open");
    const early = files.get("checkpoints/000000001");
    let isFirst = true;
    const read = (path: string) => {
      if (path !== "checkpoint" || !isFirst) return files.get(path);
      isFirst = false;
      return early;
    };
    expect((await verify(growingSource(read), "the log", { key })).verdict).toBe("holds");
  });
});

describe("a bundle that is not complete", () => {
  const optional = new Set(["certificate", "checkpoint", "key"]);
  const paths = [...made("sealed").files.keys()].filter((path) => !optional.has(path));

  test.each(paths)("is told as such without %s, and nothing else is said to be wrong", async (path) => {
    const { files, key } = made("sealed");
    files.delete(path);
    const verification = await checked({ files }, { key });
    expect(verification.verdict).toBe("partial");
    expect(findingsOf(verification, "1.01")?.[0]).toEqual({ code: "file_missing", file: path });
    expect(because(verification, "after_failure")).toEqual([]);
  });

  test("is none without a checkpoint or a key", async () => {
    const { files } = made("open");
    files.delete("key");
    await expect(checked({ files })).rejects.toThrow("does not name the key of its log");
    files.delete("checkpoint");
    await expect(checked({ files })).rejects.toThrow("this is no bundle");
  });
});

describe("a bundle in which a byte was changed", () => {
  const { files } = made("sealed");
  const places = [...files].flatMap(([path, bytes]) => {
    // Only promises of counted submissions are looked at, so that the rest of a line is none of the log's.
    const length = path === "submissions.ndjson" ? 150 : bytes.length;
    return [0.1, 0.5, 0.9].map((part) => [path, Math.floor(length * part)] as const);
  });

  test.each(places)("does not hold: %s at %i", async (path, at) => {
    const changed = new Map(files);
    const bytes = Buffer.from(files.get(path) ?? "");
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    changed.set(path, bytes);
    const verdict = await checked({ files: changed }).then(
      (one) => one.verdict,
      (error: Error) => error.name,
    );
    expect(["fails", "partial", "CannotRead"]).toContain(verdict);
  });
});

describe("a log of many entries", () => {
  test("holds with tiles of two levels, also when it is read in parts", async () => {
    const bundle = made("sealed", { votes: 700 });
    expect([...bundle.files.keys()]).toEqual(
      expect.arrayContaining(["tile/0/000", "tile/1/000.p/2", "tile/entries/001"]),
    );
    const whole = await checked(bundle);
    expect(whole.verdict).toBe("holds");
    expect((await checked(bundle, { rowsAtOnce: 100 })).checks).toEqual(whole.checks);
  });

  test("is found to be wrong when it is read in parts", async () => {
    const bundle = made("open", { votes: 300, hooks: { list: (lines) => lines.splice(200, 1) } });
    const verification = await checked(bundle, { rowsAtOnce: 50 });
    expect(outcomes(verification, "fails")).toEqual(["2.09"]);
  });

  test("is not read in parts when its files change meanwhile", async () => {
    const { files } = made("open", { votes: 300 });
    const source = memorySource(files);
    let reads = 0;
    const read = async (path: string) => {
      if (path === "tile/entries/000" && ++reads > 1) return source.read("tile/entries/001.p/49");
      return await source.read(path);
    };
    await expect(verify({ ...source, read }, "x", { rowsAtOnce: 50 })).rejects.toThrow("other files now");
  });

  test("tells how many promises were drawn, and what that proves", async () => {
    const bundle = made("open", { votes: 299 });
    const verification = await checked(bundle, { signatures: { sample: 60 } });
    expect(factsOf(verification, "2.10")).toEqual([{ code: "promises_checked", checked: 60, counted: 300 }]);
    expect(factsOf(await checked(bundle), "2.10")).toEqual([{ code: "promises_checked", checked: 300, counted: 300 }]);
  });

  test("has every promise drawn with the same chance", async () => {
    const world = honestWorld("open", 30);
    const forged = world.submissions[0];
    if (forged !== undefined) forged.promise = Buffer.alloc(64, 1).toString("base64url");
    const bundle = makeBundle(world);
    let found = 0;
    for (let run = 0; run < 40; run++) {
      const { verdict } = await checked(bundle, { signatures: { sample: 10 } });
      if (verdict === "fails") found++;
    }
    // 10 of 31: in 40 runs, 13 on average. Outside of these bounds once in ten million.
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(30);
  });
});

describe("a broken promise", () => {
  test("gives a proof that others can check with the same log", async () => {
    const world = honestWorld("sealed");
    const [lost] = world.submissions.splice(1, 1);
    if (lost === undefined) throw new Error("no submission");
    const bundle = makeBundle(world);
    const { proof = "" } = await checked(bundle, { promise: readSaved(bundle.receiptOf(lost)) });
    expect(JSON.parse(proof)).toMatchObject({
      kind: "referendum broken promise",
      origin: world.origin,
      log_key: bundle.key,
    });
    expect(proof).not.toContain(lost.requestId);
    const third = await checked(bundle, { promise: readSaved(proof) });
    expect(findingsOf(third, "2.13")?.map(({ code }) => code)).toEqual(["promise_broken"]);
    // The proof names the log's key, so that a log with another one is not mistaken for it.
    expect(outcomes(third, "holds")).toContain("1.03");
  });

  test("is not proven with a promise that the law's keys did not make, or of another law", async () => {
    const bundle = made("sealed");
    const world = honestWorld("sealed");
    const receipt = bundle.receiptOf(world.submissions[1] ?? submission("sealed", "1", []));
    const forged = receipt.replace(/"signature":"[^"]*"/, `"signature":"${Buffer.alloc(64, 1).toString("base64url")}"`);
    const unknown = receipt.replace(/"key_id":"[^"]*"/, '"key_id":"0011223344556677"');
    for (const text of [forged, unknown]) {
      const verification = await checked(bundle, { promise: readSaved(text) });
      expect(findingsOf(verification, "2.13")).toEqual([{ code: "promise_false" }]);
      expect(verification.proof).toBeUndefined();
    }
    const foreign = readSaved(receipt.replace(world.origin, "test/else"));
    expect(findingsOf(await checked(bundle, { promise: foreign }), "2.13")).toEqual([{ code: "promise_foreign" }]);
  });

  test("may lie alone in its file, as the client gives it", async () => {
    const bundle = made("sealed");
    const { request_id, promise } = JSON.parse(
      bundle.receiptOf(honestWorld("sealed").submissions[3] ?? submission("sealed", "3", [])),
    );
    for (const kept of [
      { request_id, ...promise },
      { promise: { request_id, ...promise } },
      { requestId: request_id, promise },
    ]) {
      const verification = await checked(bundle, { promise: readSaved(JSON.stringify(kept)) });
      expect(factsOf(verification, "2.13")?.[0]).toMatchObject({ code: "promise_kept", status: "counted" });
    }
  });

  test("cannot be read from what has no promise", () => {
    for (const text of ["", "[]", "{}", '{"request_id":"AQ","promise":{}}', '{"promise":"x"}']) {
      expect(readSaved(text)).toBeUndefined();
    }
  });
});

describe("what is remembered", () => {
  const seen = ({ files, key }: MadeBundle): Remembered => {
    const checkpoint = readCheckpoint(`${files.get("checkpoint")}`);
    if (checkpoint === undefined) throw new Error("no checkpoint");
    return { key, checkpoint, seenAt: "2026-11-24T12:00:00.000Z" };
  };
  const memoryOf = (one: Remembered) => new Map([[one.checkpoint.origin, one]]);

  test("is written and read", () => {
    const memory = memoryOf(seen(made("open")));
    expect(readMemory(writeMemory(memory))).toEqual(memory);
    for (const text of [
      "",
      "{}",
      writeMemory(memory).replace("checkpoints", "x"),
      writeMemory(memory).replace("\\n", "x"),
    ]) {
      expect(readMemory(text)).toBeUndefined();
    }
  });

  test("shows two views, with a proof for others", async () => {
    const mine = seen(made("open"));
    const theirs = seen(made("open", { hooks: { entries: (epochs) => epochs[3]?.reverse() } }));
    const shorter = seen(made("open", { votes: 5 }));
    const views = async (one: Remembered, other: Remembered) =>
      (await compareMemories(memoryOf(one), memoryOf(other))).map(({ view }) => view);
    expect(await views(mine, mine)).toEqual(["same"]);
    expect(await views(mine, theirs)).toEqual(["split"]);
    expect(await views(mine, shorter)).toEqual(["unproven"]);
    expect(await views(mine, { ...theirs, key: "other" })).toEqual(["other_keys"]);
    expect(await views(mine, seen(made("sealed")))).toEqual([]);
    const text = mine.checkpoint.note.whole.replace(/\n\d+\n/, "\n7\n");
    const changed = readCheckpoint(text);
    expect(await views(mine, { ...mine, checkpoint: changed ?? mine.checkpoint })).toEqual(["false_note"]);
    const [comparison] = await compareMemories(memoryOf(mine), memoryOf(theirs));
    expect(comparison && JSON.parse(writeTwoViews(comparison)).views).toHaveLength(2);
  });

  test("is contradicted by a log of another size, which others can see", async () => {
    const theirs = seen(made("open", { votes: 5 }));
    const verification = await checked(made("open"), { remembered: [theirs] });
    expect(outcomes(verification, "fails")).toEqual(["2.05"]);
    expect(verification.contradicted).toEqual([theirs]);
    expect(verification.isRememberable).toBe(false);
  });
});

describe("a bundle at an address", () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function served(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    stops.push(async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}`;
  }

  test("holds, although the server is busy and breaks off now and then", async () => {
    const bundle = made("sealed");
    let requests = 0;
    const host = await served(({ url = "" }, response) => {
      const bytes = bundle.files.get(url.replace("/api/v1/log/L1/", ""));
      requests++;
      if (requests % 7 === 0) return response.writeHead(503).end("busy");
      if (bytes === undefined) return response.writeHead(404).end("{}");
      if (requests % 5 === 0 && /tile/.test(url)) {
        response.writeHead(200, { "content-length": bytes.length + 1 });
        response.write(bytes);
        return response.destroy();
      }
      return response.end(bytes);
    });
    const options = { tryTimeoutMs: 5_000 };
    const verification = await verify(bundleAt(`${host}/api/v1/log/L1/`, options), host);
    expect(verification.verdict).toBe("holds");
  });

  test("of a law that runs has the key that the API names", async () => {
    const world = honestWorld("open", 12);
    const told = toldOf(world);
    const bundle = running(makeBundle(world));
    const host = await served(({ url = "" }, response) => {
      if (url === "/api/v1/laws/L1")
        return response.end(JSON.stringify({ ...told, law_id: "L1", log: { key: bundle.key } }));
      const bytes = bundle.files.get(url.replace("/api/v1/log/L1/", ""));
      return bytes === undefined ? response.writeHead(404).end() : response.end(bytes);
    });
    for (const path of ["log", "laws"]) {
      const verification = await verify(bundleAt(`${host}/api/v1/${path}/L1`), host);
      expect(verification.verdict).toBe("running");
    }
  });

  test("is described to voters as it is in the log, or the check of the description fails", async () => {
    const world = honestWorld("sealed", 12);
    const { files, key } = makeBundle(world);
    const toldBy = async (change: object) => {
      const told = { ...toldOf(world), ...change };
      const verification = await verify({ ...memorySource(files), told: async () => told }, "the bundle", { key });
      return findingsOf(verification, "1.05");
    };
    expect(await toldBy({})).toEqual([]);
    const changes = { election_key: "x", signing_key: "x", origin: "x", form: "open", results: "live", title: {} };
    for (const [field, value] of Object.entries(changes)) {
      expect(await toldBy({ [field]: value }), field).toEqual([{ code: "told_otherwise", field }]);
    }
  });

  test("that cannot be read says which file and why", async () => {
    const host = await served((_, response) => response.writeHead(500).end());
    await expect(verify(bundleAt(host), host)).rejects.toThrow(`${host}/checkpoint cannot be read (answer 500)`);
    const stopped = AbortSignal.abort(new Error("stopped"));
    await expect(verify(bundleAt(host, { signal: stopped }), host)).rejects.toThrow("stopped");
    const away = bundleAt("http://127.0.0.1:1", { tries: 1 });
    await expect(verify(away, "there")).rejects.toThrow(/checkpoint cannot be read \(/);
  });
});
