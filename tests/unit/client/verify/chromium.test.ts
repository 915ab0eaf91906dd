import { describe, expect, test } from "vitest";
import { findChromium } from "../../../../machine/browser.ts";
import { servePageWith } from "../../../support/browser-bundle.ts";
import { makeBundle } from "../../../support/bundle/make-bundle.ts";
import { honestWorld } from "../../../support/bundle/world.ts";
import { Chromium } from "../../../support/chromium.ts";

const chromium = findChromium();

describe.skipIf(chromium === undefined)(
  "the verifier in Chromium (skipped where there is none)",
  { tags: ["browser"] },
  () => {
    test("checks a bundle that its page's server has, and finds what is wrong with another one", async () => {
      const right = makeBundle(honestWorld("sealed"));
      const wrong = makeBundle(honestWorld("sealed"), {
        certificate: ({ figures }) => Object.assign(figures, { late: 5 }),
      });
      const { url, stop } = await servePageWith(
        "client/verify/index.ts",
        "verifier",
        ({ url: asked = "" }, response) => {
          const [, which, path = ""] = /^\/(right|wrong)\/(.+)$/.exec(asked) ?? [];
          const bytes = (which === "right" ? right : wrong).files.get(path);
          return bytes === undefined ? response.writeHead(404).end() : response.end(bytes);
        },
      );
      const browser = await Chromium.start(chromium ?? "");
      try {
        const page = await browser.open(400, 800);
        await page.visit(url);
        const verdict = (which: string) =>
          page.evaluate(`verifier.verify(verifier.bundleAt(location.origin + "/${which}"), "here")
            .then(({ verdict, checks }) => [verdict, ...checks.filter((one) => one.outcome === "fails").map((one) => one.id)])`);
        expect(await verdict("right")).toEqual(["holds"]);
        expect(await verdict("wrong")).toEqual(["fails", "3.03"]);
      } finally {
        await browser.stop();
        await stop();
      }
    });
  },
);
