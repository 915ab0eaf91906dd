import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { findChromium } from "../../../../machine/browser.ts";
import { makeBundle } from "../../../support/bundle/make-bundle.ts";
import { honestWorld } from "../../../support/bundle/world.ts";
import { Chromium } from "../../../support/chromium.ts";

const ROOT = resolve(import.meta.dirname, "../../../..");
const chromium = findChromium();

describe.skipIf(chromium === undefined)(
  "the verifier in Chromium (skipped where there is none)",
  { tags: ["browser"] },
  () => {
    test("checks a bundle that its page's server has, and finds what is wrong with another one", async () => {
      const { outputFiles } = await build({
        entryPoints: [join(ROOT, "client/verify/index.ts")],
        bundle: true,
        format: "iife",
        globalName: "verifier",
        platform: "browser",
        target: "es2022",
        write: false,
      });
      const right = makeBundle(honestWorld("sealed"));
      const wrong = makeBundle(honestWorld("sealed"), {
        certificate: ({ figures }) => Object.assign(figures, { late: 5 }),
      });
      const html = `<!doctype html><title>x</title><link rel="icon" href="data:,"><script>${outputFiles[0]?.text}</script>`;
      const server = createServer(({ url = "" }, response) => {
        if (url === "/") return response.setHeader("content-type", "text/html").end(html);
        const [, which, path = ""] = /^\/(right|wrong)\/(.+)$/.exec(url) ?? [];
        const bytes = (which === "right" ? right : wrong).files.get(path);
        return bytes === undefined ? response.writeHead(404).end() : response.end(bytes);
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      const browser = await Chromium.start(chromium ?? "");
      try {
        const page = await browser.open(400, 800);
        await page.visit(`http://127.0.0.1:${address.port}/`);
        const verdict = (which: string) =>
          page.evaluate(`verifier.verify(verifier.bundleAt(location.origin + "/${which}"), "here")
            .then(({ verdict, checks }) => [verdict, ...checks.filter((one) => one.outcome === "fails").map((one) => one.id)])`);
        expect(await verdict("right")).toEqual(["holds"]);
        expect(await verdict("wrong")).toEqual(["fails", "3.03"]);
      } finally {
        await browser.stop();
        await new Promise((done) => server.close(done));
      }
    });
  },
);
