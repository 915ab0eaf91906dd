import { join, resolve } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { makeBundle } from "../../support/bundle/make-bundle.ts";
import { memorySource } from "../../support/bundle/memory-source.ts";
import { honestWorld } from "../../support/bundle/world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("the verifier is one file for a browser, without packages and without anything of Node.js", async () => {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [join(ROOT, "client/verify/index.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022", "node20"],
    metafile: true,
    minify: true,
    write: false,
    logLevel: "silent",
  });
  expect(warnings).toEqual([]);
  expect(Object.keys(metafile.inputs).filter((input) => !input.startsWith("client/"))).toEqual([]);
  const code = outputFiles[0]?.text ?? "";
  expect(code.length).toBeLessThan(90_000);
  expect(code).not.toMatch(/\b(?:process|Buffer|require|setImmediate|global)\b\./);

  const verifier: typeof import("../../../client/verify/index.ts") = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  const { files } = makeBundle(honestWorld("sealed"));
  const found = await verifier.verify(memorySource(files), "the bundle");
  expect(found.verdict).toBe("holds");
});

test("the client is one small file for a browser, without packages and without anything of Node.js", async () => {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [join(ROOT, "client/index.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022", "node20"],
    metafile: true,
    minify: true,
    write: false,
    logLevel: "silent",
  });
  expect(warnings).toEqual([]);
  expect(Object.keys(metafile.inputs).filter((input) => !/^client\/[a-z-]+\.(?:ts|mjs)$/.test(input))).toEqual([]);
  const code = outputFiles[0]?.text ?? "";
  expect(code.length).toBeLessThan(15_000);
  expect(code).not.toMatch(/\b(?:process|Buffer|require|setImmediate|global)\b/);

  // It runs as it is: with no more than a fetch that is handed in.
  const client: typeof import("../../../client/index.ts") = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  const answer = Response.json({ request_id: "AQ1" }, { status: 202, headers: { location: "/api/v1/votes/AQ1" } });
  const vote = { nas: "000000000", code: "EXAMPLE123", law_id: "L1", vote: "non" } as const;
  const accepted = await client.castVote("https://example.test", vote, {
    fetch: async () => answer,
    law: { law_id: "L1", form: "open" },
  });
  expect(accepted.receipt).toBe("https://example.test/api/v1/votes/AQ1");
});
