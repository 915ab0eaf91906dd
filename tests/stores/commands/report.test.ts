import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { makeBundle } from "../../support/bundle/make-bundle.ts";
import { honestWorld } from "../../support/bundle/world.ts";
import { writeBundle } from "../../support/bundle/write-bundle.ts";
import { runCommand } from "../../support/processes.ts";
import { readPaper, readQrCodes } from "../../support/read-paper.ts";

// Each command is a process.
vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

const work = mkdtempSync(join(tmpdir(), "referendum-report-"));
const at = (path: string) => join(work, path);
const report = (...args: string[]) => runCommand("laws", ["report", ...args], "", { TZ: "UTC" });
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

/** Answers of the API, by path; bundles are served from their folders. */
const answers = new Map<string, object>();
let server: Server;
let api: string;

const turnout = (law_id: string, voted: number) => ({
  ...{ law_id, eligible: 33, voted },
  hours: [{ from: "2026-11-24T08:00:00.000Z", until: "2026-11-24T09:00:00.000Z", voted }],
});
const law = (law_id: string, more: object) => ({
  ...{ law_id, title: { fr: "Loi", en: "Law" }, opens_at: "2026-11-24T08:00:00.000Z" },
  ...{ closes_at: "2026-11-24T20:00:00.000Z", state: "closed", codes: "any", results: "live", form: "sealed", ...more },
});
const result = (law_id: string, state: string, spoiled_count = 1) => ({
  ...{ law_id, oui_count: 8, non_count: 4, total_votes: 12, spoiled_count, state },
  updated_at: "2026-11-25T08:00:00.000Z",
});

/** What the first description of the law has, which the API must tell as well. */
const described = honestWorld("sealed").descriptions[0]?.fields ?? {};

function serve(lawId: string, files: ReadonlyMap<string, Uint8Array> | undefined, state: string, voted = 13): void {
  const { origin, form, results, election_key, signing_key } = described;
  const log = {
    origin,
    key: Buffer.from(files?.get("key") ?? "")
      .toString()
      .trim(),
  };
  const told = { origin, form, results, election_key, signing_key };
  answers.set(`/api/v1/laws/${lawId}`, law(lawId, files === undefined ? { form: "open" } : { ...told, log }));
  answers.set(`/api/v1/results/${lawId}`, result(lawId, state, files === undefined ? 0 : 1));
  answers.set(`/api/v1/turnout/${lawId}`, turnout(lawId, voted));
  for (const [path, bytes] of files ?? []) answers.set(`/api/v1/log/${lawId}/${path}`, bytes);
}

beforeAll(async () => {
  const { files } = makeBundle(honestWorld("sealed"));
  await writeBundle(at("bundle"), { files });
  const changed = new Map(files).set("journal.ndjson", Buffer.from("{}\n"));
  await writeBundle(at("changed"), { files: changed });
  const partial = new Map(files);
  partial.delete("opened.ndjson");
  await writeBundle(at("partial"), { files: partial });
  const named = honestWorld("open");
  for (const { fields } of named.descriptions) fields["law_id"] = "../../L2026-001";
  await writeBundle(at("named"), makeBundle({ ...named, lawId: "../../L2026-001" }));
  const running = new Map(files);
  for (const path of ["certificate", "submissions.ndjson", "opened.ndjson", "key"]) running.delete(path);
  await writeBundle(at("running"), { files: new Map([...running, ["key", files.get("key") ?? Buffer.of()]]) });

  server = createServer((request, response) => {
    const answer = answers.get(request.url ?? "");
    if (answer === undefined) return void response.writeHead(404).end("{}");
    response.end(answer instanceof Uint8Array ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  serve("L2026-001", files, "published");
  serve("differs", files, "published", 12);
  serve("running", new Map([...running, ["key", files.get("key") ?? Buffer.of()]]), "published");
  serve("counting", new Map([...running, ["key", files.get("key") ?? Buffer.of()]]), "counting");
  serve("old", undefined, "published", 12);
  serve("old-and-open", undefined, "voting", 12);
});
afterAll(() => {
  server?.close();
  rmSync(work, { recursive: true, force: true });
});

describe("npm run laws -- report", () => {
  test("writes PDF, CSV, JSON and check sums of a bundle in a folder, and the same again", async () => {
    const ended = await report(at("bundle"), "--to", at("one"), "--json");
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const { standing, law_id, files } = JSON.parse(ended.stdout);
    expect({ standing, law_id }).toEqual({ standing: "certified", law_id: "L2026-001" });
    expect(readdirSync(at("one")).sort()).toEqual(
      ["csv", "json", "pdf", "sha256"].map((ending) => `report-L2026-001.${ending}`),
    );
    const again = await report(at("bundle"), "--to", at("one"), "--json");
    expect(JSON.parse(again.stdout).files).toEqual(files);
    const sums = readFileSync(at("one/report-L2026-001.sha256"), "utf8");
    expect(sums).toBe(files.map(({ name, sha256 }: Record<string, string>) => `${sha256}  ${name}\n`).join(""));

    const json = JSON.parse(readFileSync(at("one/report-L2026-001.json"), "utf8"));
    const csv = readFileSync(at("one/report-L2026-001.csv"), "utf8");
    const { pages } = await readPaper(readFileSync(at("one/report-L2026-001.pdf")));
    const text = flat(pages.join(" "));
    expect(json.result).toMatchObject({ valid: 12, spoiled: 1, options: [{ ballots: 8 }, { ballots: 4 }] });
    expect(csv).toContain(`turnout,,,voted,${json.turnout.voted},Votants,Voted\r\n`);
    expect(text).toContain(`Voted ${json.turnout.voted} Turnout ${json.turnout.percent}%`);
    expect(text).toContain("Turnout by hour is not in this report");
  });

  test("of a law's address has the turnout by hour and a QR code with the address", async () => {
    const address = `${api}/api/v1/laws/L2026-001`;
    const settings = { office: { name: { fr: "Bureau du Nord", en: "Northern Office" } } };
    const ended = await report(address, "--to", at("two"), "--paper", "a4", "--settings", JSON.stringify(settings));
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain("The official report of L2026-001 is in ");
    const bytes = readFileSync(at("two/report-L2026-001.pdf"));
    expect(readQrCodes(bytes)[0]).toBe(address);
    const text = flat((await readPaper(bytes)).pages.join(" "));
    expect(text).toContain("2026-11-24 03:00 – 04:00 EST 13");
    expect(text).toContain("Northern Office");
  });

  test.each([
    ["running", "provisional-report-running", "PROVISIONAL: this law is not certified yet"],
    ["old", "uncertified-report-old", "NOT CERTIFIED"],
  ])(
    "of the law %s, which is counted and not certified, says so in its name and on every page",
    async (id, name, mark) => {
      const ended = await report(`${api}/api/v1/laws/${id}`, "--to", at(id === "old" ? "three" : "four"));
      expect(ended.stderr).toBe("");
      expect(ended.code).toBe(0);
      expect(ended.stdout).toMatch(/PROVISIONAL|NOT CERTIFIED/);
      const file = id === "old" ? at(`three/${name}.pdf`) : at("four/provisional-report-L2026-001.pdf");
      const { pages } = await readPaper(readFileSync(file));
      const english = pages.filter((page) => /Page \d+ of/.test(flat(page)));
      expect(english.length).toBeGreaterThan(1);
      for (const page of english) expect(flat(page)).toContain(mark);
    },
  );

  test.each([
    ["changed", ["changed"], /the verifier has found something wrong\.\n {2}2\.11 .*\n {7}✗ /, 1],
    ["not complete", ["partial"], /files are missing\.\n {2}1\.01 .*\n {7}✗ opened\.ndjson is missing/, 1],
    ["in a folder without a certificate", ["running"], /has no certificate, and a provisional report needs/, 1],
    ["none", ["nothing"], /this is no bundle and no log of a law/, 1],
    ["of a law that is named as a path", ["named"], /has a name that no stage gives/, 1],
    ["of another turnout", ["/api/v1/laws/differs"], /13 have voted, and the turnout .* says 12/, 1],
    ["not counted yet", ["/api/v1/laws/counting"], /is not counted yet/, 1],
    ["open, of a law without a log", ["/api/v1/laws/old-and-open"], /is not counted yet/, 1],
    ["of no law", ["/api/v1/laws/nobody"], /There is no law nobody at/, 1],
    ["at no address", ["http://127.0.0.1:1/api/v1/laws/L1"], /cannot be read/, 1],
    ["checked with another key", ["bundle", "--key", "other+00000000+AAAA"], /key/, 1],
    ["named by a wrong address", ["bundle", "--address", "vote"], /--address must be an address/, 2],
    ["of a wrong sample", ["bundle", "--signatures", "few"], /use all, or sample:NUMBER/, 2],
    ["with wrong settings", ["bundle", "--settings", '{"office":{"paper":"a3"}}'], /paper/, 2],
  ] as const)(
    "writes nothing when the bundle is %s",
    { timeout: limitOf(120) },
    async (_, [place, ...more], said, code) => {
      const to = at(`none-${Math.random()}`);
      const where = place.startsWith("/api") ? `${api}${place}` : place.startsWith("http") ? place : at(place);
      const ended = await report(where, "--to", to, ...more);
      expect(ended.stderr).toMatch(said);
      expect(ended).toMatchObject({ code, stdout: "" });
      if (code === 1) expect(readdirSync(to)).toEqual([]);
    },
  );

  test("needs a folder that it can write to", async () => {
    expect(await report(at("bundle"))).toMatchObject({ code: 2, stderr: expect.stringContaining("--to") });
    writeFileSync(at("file"), "");
    expect(await report(at("bundle"), "--to", at("file"))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot be a folder for the report|is not a folder/),
    });
    mkdirSync(at("none"), { recursive: true });
  });
});
