import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PAGES as BILLED } from "../../../infra/capacity/assumptions.ts";
import { CACHE, missingPageHeaders, pageHeaders } from "../../../shared/messages/page-headers.ts";
import { buildTestEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { buildSite, type Site } from "../../support/pages/site.ts";

/** What a voter on a slow phone may have to wait for: the page, its scripts and its style, as they are sent. */
const LARGEST_VOTING_PAGE = 150_000;
const PAGES = ["index.html", "vote.html", "receipt.html", "results.html"];

let env: TestEnvironment;
let site: Site;
beforeAll(async () => {
  [env, site] = await Promise.all([buildTestEnvironment(), buildSite()]);
});
afterAll(async () => {
  await env?.close();
});

const textOf = (path: string) => site.files.get(`/${path}`)?.toString("utf8") ?? "";
/** The files that a page loads. */
const partsOf = (page: string) =>
  [...textOf(page).matchAll(/(?:src|href)="\.?\/?([^"#?]+)"/g)].map(([, path = ""]) => path);

describe("the pages", () => {
  test("are small", () => {
    const parts = ["vote.html", ...partsOf("vote.html")];
    expect(parts.length).toBeGreaterThan(3);
    const sizes = parts.map((path) => gzipSync(textOf(path), { level: 6 }).length);
    expect(sizes.every((size) => size > 100)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LARGEST_VOTING_PAGE);
  });

  test("are as many and as large as the bill says", () => {
    const files = new Set(["vote.html", "receipt.html"].flatMap((page) => [page, ...partsOf(page)]));
    const bytes = [...files].reduce((sum, path) => sum + gzipSync(textOf(path), { level: 6 }).length + 1_000, 0);
    for (const [real, figure] of [
      [files.size, BILLED.filesPerVoter.value],
      [bytes, BILLED.bytesPerVoter.value],
    ] as const) {
      expect(figure).toBeGreaterThanOrEqual(real);
      expect(figure).toBeLessThan(real * 1.25);
    }
  });

  test("name no address of anybody else, and have nothing inline", () => {
    for (const [path, content] of site.files) {
      const text = content.toString("utf8");
      // Names of XML vocabularies, and what the design system says of itself in comments.
      const addresses = [...text.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address);
      expect(
        addresses.filter((address) => !address.startsWith("http://www.w3.org/")),
        path,
      ).toEqual([]);
      expect(text, path).not.toMatch(/GDS Transport|govuk-crest/);
      if (path.endsWith(".html")) expect(text, path).not.toMatch(/<style|<script>|\son\w+=|\sstyle=/);
    }
  });

  test("use nothing that browsers of 2022 do not have (docs/pages.md names them)", () => {
    const scripts = partsOf("vote.html").filter((path) => path.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(0);
    for (const path of scripts) {
      expect(textOf(path), path).not.toMatch(
        /\(\?<[=!]|AbortSignal\.(?:timeout|any)|\.(?:toSorted|toReversed|toSpliced|findLast)\(|structuredClone|\.groupBy\(|withResolvers/,
      );
    }
  });

  test.each(["", ...PAGES])("/%s is served beside the API, with every header of a page", async (page) => {
    const response = await fetch(`${env.api.url}/${page}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    for (const [name, value] of Object.entries(pageHeaders(CACHE.page)))
      expect(response.headers.get(name), name).toBe(value);
    expect(await response.text()).toBe(textOf(page === "" ? "index.html" : page));
  });

  test("have scripts and styles that never change under their name", async () => {
    for (const path of partsOf("vote.html").filter((one) => one.startsWith("assets/"))) {
      const response = await fetch(`${env.api.url}/${path}`);
      expect(response.headers.get("cache-control")).toBe(CACHE.asset);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("content-type")).toMatch(path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/);
    }
  });

  test.each([
    ["GET", "assets/nothing.js", 404],
    ["GET", "assets/..%2Findex.html", 404],
    ["GET", "assets/..%2F..%2F..%2Fpackage.json", 404],
    ["GET", "nothing.html", 404],
    ["GET", "assets/%00", 404],
    ["GET", "assets/LONG", 404],
    ["POST", "vote.html", 404],
  ])("%s %s is answered %i, with a problem", async (method, path, status) => {
    const response = await fetch(`${env.api.url}/${path.replace("LONG", "a".repeat(300))}`, { method });
    expect([response.status, response.headers.get("content-type")]).toEqual([
      status,
      expect.stringMatching(/^application\/problem\+json/),
    ]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ status, type: "urn:referendum:problem:not-found" });
  });

  test.each([
    ["nothing.html", ""],
    ["a/b/c", ""],
    // The gateway takes it for the page, whose parts have no address there.
    ["vote.html/", "?law=L2026-001"],
    ["index.html/", ""],
    ["receipt.html/", ""],
    ["/", ""],
  ])("a browser that looks for /%s%s is told that there is no page, and finds the way home", async (path, query) => {
    const response = await fetch(`${env.api.url}/${path}${query}`, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(response.status).toBe(404);
    for (const [name, value] of Object.entries(missingPageHeaders()))
      expect(response.headers.get(name), name).toBe(value);
    const [, home = ""] = /href="([^"]+)"/.exec(await response.text()) ?? [];
    expect(await (await fetch(new URL(home, response.url))).text()).toBe(textOf("index.html"));
  });

  test("are beside an API that answers with its own description", async () => {
    const answer = await env.api.request("GET", "/api/v1/openapi.json");
    expect([answer.status, Object.keys(answer.json["paths"] ?? {})]).toEqual([
      200,
      expect.arrayContaining(["/api/v1/laws"]),
    ]);
  });
});

describe("what everybody may know of a law", () => {
  test("is its titles, window and state, and how many have voted, by hour", async () => {
    const { lawId, voters } = await env.newLaw(3, { titles: { fr: "Loi", en: "Law" } });
    const law = await env.api.request("GET", `/api/v1/laws/${lawId}`);
    expect(law.json).toMatchObject({ law_id: lawId, title: { fr: "Loi", en: "Law" }, state: "open", results: "live" });
    const { laws } = (await env.api.request("GET", "/api/v1/laws")).json;
    expect(laws).toContainEqual(law.json);
    await env.decided([
      await env.api.vote({ lawId, voter: voters[0] }),
      await env.api.vote({ lawId, voter: voters[0] }),
    ]);
    const turnout = await env.api.request("GET", `/api/v1/turnout/${lawId}`);
    expect(turnout.json).toMatchObject({ law_id: lawId, eligible: 3, voted: 1, hours: [{ voted: 1 }] });
    for (const path of ["laws", "turnout"])
      expect((await env.api.request("GET", `/api/v1/${path}/L9`)).status).toBe(404);
  });
});
