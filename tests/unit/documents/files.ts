import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { splitCommands } from "./command-lines.ts";
import { codeSpans, commandLines, type Found, type Page, projectFiles, ROOT } from "./pages.ts";

/** A name that looks like a file of a project: by its ending. */
const ENDING = /\.(?:ts|mjs|js|cjs|json|sh|md|yml|yaml|sql)$/;
/** A path, with the wildcards and placeholders that pages write in it. */
const PATH = /^[\w.*<>…@+-]+(?:\/[\w.*<>…@+-]*)*$/;

const FILES = projectFiles();
const NAMES = new Set(FILES.map((file) => basename(file)));

/** What commands make, here or on a stage: the project has no such file or folder. */
const MADE = [
  /^(?:reports|coverage|cdk\.out|dist|\.local|\.localstack|venv|compiled)\//,
  /^(?:cdk\.context|letters|processes|state|stack|keys|passwords|peak)\.json$/,
  /(?:^|\/)referendum-client-\*\.tgz$/,
  // Of a public log and its bundle.
  /^(?:checkpoints|submissions|opened)\/000000001/,
  /^tile\/…$/,
  /^log\/<law>\/checkpoint$/,
  // Of the built pages.
  /^(?:api|assets|vote\.html|\.)\/$/,
];
/** What examples of commands name: the reader has it, or another command of the example makes it. */
const PLACEHOLDERS = [
  /^(?:law|letter|mine|theirs|receipt|seen|statement|[\w-]+\.(?:public|certificate))\.json$/,
  /^shard-\d\/peak\.json$/,
  /^(?:keys|fresh)\/$/,
  /^\.\/L2025-00\d$/,
];
/** What has a slash or an ending, and is no file of a project. */
const OTHERS = [
  // Packages of npm and Go, types of content, endings.
  /^@[\w-]+\/[\w/-]+$/,
  /^(?:golang\.org|filippo\.io|crypto)\//,
  /^application\/[\w+]+$/,
  /^\.\w+$/,
  // Zones, methods of the editors' protocol, constructs, files of other programs, fractions.
  /^America\/Toronto$/,
  /^textDocument\/diagnostic$/,
  /^Referendum\/<stage>$/,
  /^(?:tsserver\.js|services\/lambda_svc\.py)$/,
  /^\d\/\d$/,
];
const NO_FILES = [...MADE, ...PLACEHOLDERS, ...OTHERS];

/** Names of files and folders on a page, that the project should have. */
export function filesNamed(page: Page): Found[] {
  const spans = codeSpans(page).filter(({ text }) => PATH.test(text) && (text.includes("/") || ENDING.test(text)));
  const words = commandLines(page).flatMap(({ where, text }) =>
    splitCommands(text)
      .flat()
      .map((word) => word.replace(/^[<>]+/, ""))
      .filter((word) => PATH.test(word) && !word.startsWith("-") && (word.includes("/") || ENDING.test(word)))
      .map((word) => ({ where, text: word })),
  );
  return [...spans, ...words].filter(({ text }) => !NO_FILES.some((pattern) => pattern.test(text)));
}

/** What is wrong with a name of a file on a page, or undefined. */
export function fileComplaint({ where, text }: Found): string | undefined {
  const page = where.replace(/:\d+$/, "");
  // A page beside the code names its neighbours by their path from there.
  const path = text.replaceAll(/<\w+>/g, "*").replaceAll("…", "*");
  if ([ROOT, join(ROOT, dirname(page))].some((cwd) => globSync(path, { cwd }).length > 0)) return undefined;
  // Tests are named by a part of their path, as Vitest takes it.
  const isKnown = path.includes("/")
    ? FILES.some((file) => file.startsWith("tests/") && (file.endsWith(`/${path}`) || file.includes(`/${path}/`)))
    : NAMES.has(path);
  return isKnown ? undefined : `there is no ${text}`;
}
