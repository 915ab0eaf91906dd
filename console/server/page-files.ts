import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Builds the page, in memory.
 *
 * @returns its files by path; `/` is the page
 * @throws Error with what Vite refuses
 */
export async function buildConsolePage(): Promise<ReadonlyMap<string, PageFile>> {
  const configFile = fileURLToPath(new URL("../page/vite.config.ts", import.meta.url));
  const built = await build({ configFile, configLoader: "native", build: { write: false } });
  const outputs = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
  const files = new Map<string, PageFile>();
  for (const file of outputs) files.set(pathOf(file), { type: typeOf(file.fileName), body: Buffer.from(bodyOf(file)) });
  return files;
}

type Built = Rolldown.RolldownOutput["output"][number];

function pathOf({ fileName }: Built): string {
  return fileName === "index.html" ? "/" : `/${fileName}`;
}

function bodyOf(file: Built): string | Uint8Array {
  return file.type === "chunk" ? file.code : file.source;
}

function typeOf(name: string): string {
  return TYPES[extname(name)] ?? "application/octet-stream";
}
