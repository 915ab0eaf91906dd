import { createServer, type RequestListener } from "node:http";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Bundles a source for browsers and Node.js, as small as it gets.
 *
 * @param entry its path from the project's root
 * @returns the module, the paths of the sources in it, and esbuild's warnings
 */
export async function bundleModule(entry: string) {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022", "node20"],
    metafile: true,
    minify: true,
    write: false,
    logLevel: "silent",
  });
  return { code: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs), warnings };
}

/**
 * Serves a page on loopback that has a source as a global.
 *
 * @param entry its path from the project's root
 * @param globalName of its exports
 * @param others answers everything but the page; default: with the page as well
 * @returns the page's address, and how to stop
 */
export async function servePageWith(entry: string, globalName: string, others?: RequestListener) {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    format: "iife",
    globalName,
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const html = `<!doctype html><title>x</title><link rel="icon" href="data:,"><script>${outputFiles[0]?.text}</script>`;
  const server = createServer((request, response) => {
    if (others !== undefined && request.url !== "/") others(request, response);
    else response.setHeader("content-type", "text/html").end(html);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    stop: () => new Promise<unknown>((done) => server.close(done)),
  };
}
