import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { projectFiles, ROOT } from "./pages.ts";

const COMMENT = /^\s*(?:\/\/|\/?\*+|#|--)(.*)|(?<=\s)\/\/ (.*)$/;
const FILE_NAME = /(?<![\w/.<>-])[\w./-]*\w\.(?:ts|mjs|md|yml|sql|py|sh)\b/g;
/** Files that are made, such as a function's bundle. */
const MADE = new Set(["index.mjs"]);

test("comments name only files that exist", () => {
  const files = projectFiles();
  const names = new Set(files.map((file) => basename(file)));
  const exists = (from: string, name: string) =>
    name.includes("/")
      ? existsSync(join(ROOT, name)) ||
        existsSync(join(ROOT, dirname(from), name)) ||
        files.some((file) => file.endsWith(`/${name}`))
      : names.has(name) || MADE.has(name);
  let looked = 0;
  const wrong = files
    .filter((file) => /\.(?:ts|mjs|yml|sh|sql|py)$/.test(file) && !file.startsWith("tests/unit/documents/"))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), "utf8")
        .split("\n")
        .flatMap((line, index) => {
          const [, whole, trailing] = COMMENT.exec(line) ?? [];
          const named = (whole ?? trailing ?? "").replaceAll(/\w+:\/\/\S+/g, "").match(FILE_NAME) ?? [];
          looked += named.length;
          return named.filter((name) => !exists(file, name)).map((name) => `${file}:${index + 1}: ${name}`);
        }),
    );
  process.stderr.write(`Checked ${looked} file names in comments.\n`);
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(50);
});

test("comments that fill a line have at most 120 columns", () => {
  const wrong = projectFiles()
    .filter((file) => /\.(?:ts|mjs|yml)$/.test(file))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), "utf8")
        .split("\n")
        .flatMap((line, index) => {
          // A type cannot be broken, nor can an address.
          const isComment = /^\s*(?:\/\/ |\/\*\*|\* |# )/.test(line) && !/@typedef|:\/\//.test(line);
          return isComment && line.length > 120 ? [`${file}:${index + 1}`] : [];
        }),
    );
  expect(wrong).toEqual([]);
});
