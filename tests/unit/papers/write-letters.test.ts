import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { LETTER_TEXTS } from "../../../papers/letters/letter-texts.ts";
import { isUnfinished, ownerOf, unfinishedName } from "../../../papers/letters/unfinished.ts";
import { type LetterRun, writeLetters } from "../../../papers/letters/write-letters.ts";
import type { Addressee } from "../../../shared/domain/letter.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { LETTER_CODE, LETTER_JOB } from "../../support/letter-job.ts";
import { readPaper } from "../../support/read-paper.ts";

const work = mkdtempSync(join(tmpdir(), "referendum-letters-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Two files: one that is full, and one with three letters. */
const PER_FILE = 10;
const LETTERS = PER_FILE + 3;

async function* addressees(letters: number): AsyncGenerator<readonly Addressee[]> {
  for (let number = 1; number <= letters; number++) {
    yield [{ number, code: LETTER_CODE, address: [], language: "fr" }];
  }
}

function runOf(name: string, other: Partial<LetterRun> = {}): LetterRun {
  const letters = other.letters ?? LETTERS;
  return {
    job: LETTER_JOB,
    folder: join(work, name),
    letters,
    languages: new Set(["fr"]),
    addressees: () => addressees(letters),
    madeFrom: { "the roll file": "a", "the law": "b" },
    force: false,
    perFile: PER_FILE,
    threads: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onFile: () => undefined,
    ...other,
  };
}

const namesIn = (name: string) => readdirSync(join(work, name)).sort();
const WHOLE = ["SHA256SUMS", "letters-00001-00010.pdf", "letters-00011-00013.pdf", "letters.json", "printer.pdf"];

describe("a run of letters", () => {
  test("leaves files of that many letters, check sums and a page for the printer, for their owner's eyes alone", async () => {
    let progress = 0;
    const result = await writeLetters(runOf("whole", { threads: 2, onProgress: (letters) => (progress = letters) }));
    expect(result).toMatchObject({ letters: LETTERS, kept: 0 });
    expect(progress).toBe(LETTERS);
    expect(namesIn("whole")).toEqual(WHOLE);
    for (const name of WHOLE) expect(statSync(join(work, "whole", name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(join(work, "whole")).mode & 0o777).toBe(0o700);
    const sums = readFileSync(join(work, "whole", "SHA256SUMS"), "utf8");
    expect(sums).toBe(result.files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""));
    const printer = readFileSync(join(work, "whole", "printer.pdf"));
    expect(printer.toString("latin1")).not.toContain("/CIDSet");
    const { pages, structure } = await readPaper(printer);
    const text = pages.join(" ");
    for (const { name, sha256 } of result.files) {
      expect(text).toContain(name);
      expect(text.replaceAll(/\s/g, "")).toContain(sha256);
    }
    expect(text).toContain("Sheets: 13, letter size");
    expect(structure.flat().filter((kind) => kind === "TH")).toHaveLength(4 + 2);
    // Neither the record nor what goes to the printer has a code.
    for (const name of ["letters.json", "SHA256SUMS"]) {
      expect(readFileSync(join(work, "whole", name), "utf8")).not.toContain(LETTER_CODE);
    }
    expect(text.replaceAll(/\s/g, "")).not.toContain(LETTER_CODE);
  });

  test("goes on where it stopped: it makes the same files again that are missing or were changed", async () => {
    const before = (await writeLetters(runOf("again"))).files;
    writeFileSync(join(work, "again", "letters-00011-00013.pdf"), "something else");
    rmSync(join(work, "again", "printer.pdf"));
    const result = await writeLetters(runOf("again"));
    expect(result).toMatchObject({ kept: 1, files: before });
    expect(namesIn("again")).toEqual(WHOLE);
    expect((await writeLetters(runOf("again"))).kept).toBe(2);
  });

  test("refuses a folder whose letters were made from something else, and replaces them by force", async () => {
    await writeLetters(runOf("other", { letters: 2 }));
    const other = { letters: 3, madeFrom: { "the roll file": "other", "the law": "b" } };
    await expect(writeLetters(runOf("other", other))).rejects.toThrow(
      /made from something else: the number of letters \(2\), the roll file\. Name another folder/,
    );
    expect(namesIn("other")).toContain("letters-00001-00002.pdf");
    await writeLetters(runOf("other", { ...other, force: true }));
    expect(namesIn("other")).toEqual(["SHA256SUMS", "letters-00001-00003.pdf", "letters.json", "printer.pdf"]);
  });

  test("refuses a folder whose letters have the texts of another release", async () => {
    const before = (await writeLetters(runOf("release", { letters: 2 }))).files;
    const texts = vi.spyOn(LETTER_TEXTS.fr, "documentTitle").mockReturnValue("Une autre lettre");
    try {
      await expect(writeLetters(runOf("release", { letters: 2 }))).rejects.toThrow(
        /made from something else: the texts or the form of letters, which are those of the release\. Name/,
      );
      await expect(writeLetters(runOf("release", { letters: 3 }))).rejects.toThrow(
        /made from something else: the number of letters \(2\)\. Name/,
      );
    } finally {
      texts.mockRestore();
    }
    expect(await writeLetters(runOf("release", { letters: 2 }))).toMatchObject({ kept: 1, files: before });
  });

  test("touches no folder that has other files, and writes nothing when the text does not fit", async () => {
    await expect(writeLetters({ ...runOf("x"), folder: tmpdir() })).rejects.toThrow(/has other files in it/);
    const job = { ...LETTER_JOB, closing: { fr: ["long ".repeat(600)], en: [] } };
    await expect(writeLetters(runOf("too-long", { job }))).rejects.toThrow(/does not fit on a sheet/);
    expect(existsSync(join(work, "too-long"))).toBe(false);
  });

  test("that is interrupted leaves files that are complete, and nothing else", async () => {
    const controller = new AbortController();
    const stop = new Error("interrupted");
    const onProgress = () => controller.abort(stop);
    const letters = 200;
    await expect(
      writeLetters(runOf("stopped", { letters, perFile: 100, signal: controller.signal, onProgress })),
    ).rejects.toBe(stop);
    expect(namesIn("stopped")).toEqual(["letters.json"]);
    await writeLetters(runOf("stopped", { letters, perFile: 100 }));
    expect(namesIn("stopped")).toHaveLength(WHOLE.length);
  });
});

describe("a file that was being written", () => {
  const modules = resolve(import.meta.dirname, "../../../papers/letters");

  test("is gone when its process is killed, although nobody ran the command again", async () => {
    const folder = mkdtempSync(join(work, "killed-"));
    const program = `
      import { writeFileSync } from "node:fs";
      import { join } from "node:path";
      import { guardUnfinished } from ${JSON.stringify(join(modules, "guard-unfinished.ts"))};
      import { unfinishedName } from ${JSON.stringify(join(modules, "unfinished.ts"))};
      guardUnfinished(${JSON.stringify(folder)});
      writeFileSync(join(${JSON.stringify(folder)}, unfinishedName("letters-00001-00010.pdf")), "half of a file");
      console.log("written");
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    expect(readdirSync(folder)).toEqual([unfinishedName("letters-00001-00010.pdf", ownerOf(child.pid))]);
    child.kill("SIGKILL");
    await ended;
    await waitUntil("the file is gone", () => readdirSync(folder).length === 0, { withinMs: 20_000 });
  });

  const running = ownerOf(process.ppid);
  /** What the process was called that this one has its id from: it ran before a restart, or in another container. */
  const former = `${process.pid}.${Buffer.from("another-boot 4711").toString("base64url")}`;
  // It is above what Linux gives.
  const none = `99999999.${running.split(".")[1]}`;

  test.each([
    ["of a machine that went down, whose ids are given again", former],
    ["of a process that is gone, and its guard too", none],
  ])("%s is removed by the next run, also where it is all that there is", async (_, owner) => {
    const name = `down-${owner.slice(0, 5)}`;
    for (const isFirst of [true, false]) {
      mkdirSync(join(work, name), { recursive: true });
      writeFileSync(join(work, name, unfinishedName("letters-00001-00001.pdf", owner)), "half of a file");
      const { kept } = await writeLetters(runOf(name, { letters: 1 }));
      expect(kept).toBe(isFirst ? 0 : 1);
      expect(namesIn(name).filter(isUnfinished)).toEqual([]);
    }
  });

  test("of a process that runs stays, and is no reason to refuse the folder", async () => {
    mkdirSync(join(work, "shared"));
    const other = unfinishedName("letters-00002-00002.pdf", running);
    writeFileSync(join(work, "shared", other), "half of a file");
    await writeLetters(runOf("shared", { letters: 1 }));
    expect(namesIn("shared").filter(isUnfinished)).toEqual([other]);
  });
});
