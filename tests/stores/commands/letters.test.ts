import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { readPaper, readQrCodes } from "../../support/read-paper.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;
let site: Server;
let pages: string;

beforeAll(async () => {
  // The pages of a stage, as far as the command looks at them.
  site = createServer((request, response) => {
    const answers: Readonly<Record<string, string>> = {
      "/pages/vote.html": '<!doctype html><meta name="referendum-page" content="vote">',
      "/pages/api/v1/laws/L-1": JSON.stringify({ law_id: "L-1", title: { fr: "Rives", en: "Shores" } }),
      "/other/vote.html": "<!doctype html><title>Parked</title>",
    };
    const answer = answers[request.url ?? ""];
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const address = site.address();
  pages = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/pages`;
  line = await startCommandLine();
  const window = { opens: "2090-05-02T08:00:00-04:00", closes: "2090-05-02T20:00:00-04:00" };
  for (const lawId of ["L-1", "L-OVER"]) {
    const law = { lawId, title: "Shores", titles: { fr: "Rives", en: "Shores" }, ...window };
    await addReadyLaw(line.stack.target, { ...law, codes: "checked" });
  }
  const ended = { opensAt: "2020-01-01T00:00:00.000Z", closesAt: "2020-01-02T00:00:00.000Z" };
  await changeLaw(line.stack.target.laws, "L-OVER", () => ended);
  await voters("generate", "--count", "2", "--law", "L-1", "--out", line.path("codes.csv"));
  const [first, second] = readFileSync(line.path("codes.csv"), "utf8").trim().split("\n").slice(1);
  codes = [first, second].map((row) => row?.split(",")[1] ?? "");
  const rows = [
    "nas,code,Nom,Rue,Langue",
    `${first},Amélie Roy,"1, rue A",fr`,
    `${second?.toLowerCase()},Mary Ho,Box 2,en`,
  ];
  writeFileSync(line.path("roll.csv"), `${rows.join("\n")}\n`);
  writeFileSync(
    line.path("letter.json"),
    JSON.stringify({ address: ["{nom}", "{rue}"], en: { closing: ["Good day."] } }),
  );
});
afterAll(async () => {
  site?.close();
  await line?.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

let codes: readonly string[] = [];
const voters = (...args: readonly string[]) => type(votersCommand, ...args, ...line.here);
/** Each option is given once. */
const letters = (out: string, ...args: readonly string[]) =>
  voters(
    "letters",
    ...(args.includes("--law") ? [] : ["--law", "L-1"]),
    ...(args.includes("--file") ? [] : ["--file", line.path("roll.csv")]),
    "--out",
    line.path(out),
    "--pages",
    pages,
    ...args,
  );
const settings = JSON.stringify({ office: { name: { en: "Our Office" }, contact: { fr: ["5-5"], en: ["5-5"] } } });

describe("voters letters", () => {
  test("writes a letter per voter of the file, in the language of its column, with the law as the stage knows it", async () => {
    const more = ["--letter", line.path("letter.json"), "--language-column", "langue", "--settings", settings];
    const done = await letters("out", ...more);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toMatch(/^2 letters in 1 file \([\d.]+ kB\) in .*\nprinter\.pdf is the page/);
    const bytes = readFileSync(line.path("out/letters-00001-00002.pdf"));
    expect(readQrCodes(bytes)).toEqual([
      `${pages}/vote.html?law=L-1&lang=fr#code=${codes[0]}`,
      `${pages}/vote.html?law=L-1&lang=en#code=${codes[1]}`,
    ]);
    const [first = "", second = ""] = (await readPaper(bytes)).pages;
    for (const part of ["Amélie Roy", "1, rue A", "Rives", "mardi 2 mai 2090", "5-5"]) expect(first).toContain(part);
    for (const part of ["Our Office", "Mary Ho", "Shores", "Tuesday, May 2, 2090", "Good day."]) {
      expect(second).toContain(part);
    }
    // The same again: nothing is made anew.
    const before = statSync(line.path("out/letters-00001-00002.pdf")).mtimeMs;
    expect((await letters("out", ...more)).out).toMatch(/1 of them were complete before/);
    expect(statSync(line.path("out/letters-00001-00002.pdf")).mtimeMs).toBe(before);
    // Something else: nothing is replaced without --force.
    const other = await letters("out", ...more, "--paper", "a4");
    expect(other).toMatchObject({ code: 1, err: expect.stringMatching(/made from something else: the paper\. Name/) });
    const forced = await letters("out", ...more, "--paper", "a4", "--force", "--json");
    expect(JSON.parse(forced.out)).toMatchObject({ letters: 2, kept: 0, pages: `${pages}/` });
  });

  test("says that the office cannot be reached where the settings do not say how", async () => {
    const done = await letters("plain");
    expect(done).toMatchObject({ code: 0, err: expect.stringMatching(/setting office\.contact has no lines/) });
  });

  test("writes nothing when a line is bad, and repeats none", async () => {
    const [first = ""] = readFileSync(line.path("codes.csv"), "utf8").split("\n").slice(1);
    writeFileSync(line.path("bad.csv"), `nas,code\n${first}\n123456789,ABCDEFGHJKLMNPQRSTUV\n12345678,AAAAAAAA\n`);
    const done = await letters("bad", "--file", line.path("bad.csv"));
    expect(done.code).toBe(1);
    expect(done.err).toMatch(/No letter was written, because lines are bad\.\n/);
    expect(done.err).toMatch(/1 code is not of this stage.*\(line 3\)/);
    expect(done.err).toMatch(/1 number has 8 digits.*\(line 4\)/);
    expect(done.err).not.toMatch(/ABCDEFGH|12345678/);
    expect(readdirSync(line.path(".")).filter((name) => name === "bad")).toEqual([]);
  });

  test.each<[string, string[], number, RegExp]>([
    ["a law that there is not", ["--law", "L-9"], 1, /There is no law L-9\. Add it with/],
    ["a law that has closed", ["--law", "L-OVER"], 1, /Voting on L-OVER is over/],
    ["no file", ["--file", "nowhere.csv"], 1, /There is no file nowhere\.csv/],
    [
      "a letter file that is none",
      ["--letter", "package.json"],
      1,
      /package\.json is not valid:\n.*Unrecognized keys/s,
    ],
    [
      "a column that there is not",
      ["--language-column", "tongue"],
      1,
      /no single column "tongue".*nas, code, Nom, Rue/,
    ],
    ["pages that are elsewhere", ["--pages", "http://127.0.0.1:1/"], 1, /is not the voting page \(/],
    [
      "an address that has other pages",
      ["--pages", "http://PAGES/other/"],
      1,
      /is not the voting page \(it answers with some/,
    ],
    ["an address that is none", ["--pages", "vote.example.org"], 2, /--pages must be an address such as/],
    ["paper that there is not", ["--paper", "a3"], 2, /Allowed choices are letter, a4/],
    [
      "a setting that there is not",
      ["--settings", '{"office":{"fax":1}}'],
      2,
      /settings of stage local are not valid.*fax/s,
    ],
    ["a logo that is none", ["--settings", '{"office":{"logo":"package.json"}}'], 1, /neither PNG nor JPEG/],
  ])("refuses %s", async (_, args, code, message) => {
    const done = await letters("refused", ...args.map((arg) => arg.replace("PAGES", new URL(pages).host)));
    expect(done.err).toMatch(message);
    expect(done.code).toBe(code);
  });
});
