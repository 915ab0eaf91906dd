import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { votersPages } from "../../../commands/voters/letter-pages.ts";
import { settingsOf } from "../../../infra/stages.ts";
import { OperatorsLaw } from "../../../shared/messages/operators/laws.ts";
import { problem } from "../../../shared/runtime/problem.ts";
import { law as madeLaw } from "../../support/console/made-states.ts";
import { ROOT } from "../house/house.ts";

const LAW = OperatorsLaw.strip().parse({
  ...madeLaw("L-1"),
  ...{ title_fr: "Rives", title_en: "Shores", form: "open", origin: "vote.example.org/L-1/1" },
});
const PUBLISHED = { law_id: "L-1", title: { fr: "Rives", en: "Shores" }, form: "open", origin: LAW.origin };
const PAGE = readFileSync(join(ROOT, "web/vote.html"), "utf8");
const NO_SUCH_LAW = [404, problem("no-such-law", { detail: "There is no such law." }).body] as const;

/** What is below each address: a page, and an answer about the law. */
const PLACES: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>> = {
  right: { page: [200, PAGE], law: [200, JSON.stringify(PUBLISHED)] },
  "other-page": { page: [200, "<!doctype html><title>Bienvenue</title>"], law: [200, JSON.stringify(PUBLISHED)] },
  "index-page": { page: [200, readFileSync(join(ROOT, "web/index.html"), "utf8")], law: NO_SUCH_LAW },
  "no-page": { page: [404, PAGE], law: NO_SUCH_LAW },
  "no-api": { page: [200, PAGE], law: [404, "Not found"] },
  "page-for-all": { page: [200, PAGE], law: [200, PAGE] },
  "no-law": { page: [200, PAGE], law: NO_SUCH_LAW },
  "other-title": { page: [200, PAGE], law: [200, JSON.stringify({ ...PUBLISHED, title: { fr: "Rives", en: "Dev" } })] },
  "other-stage": { page: [200, PAGE], law: [200, JSON.stringify({ ...PUBLISHED, origin: "dev.example.org/L-1/1" })] },
  rehearsal: { page: [200, PAGE], law: [200, JSON.stringify({ ...PUBLISHED, rehearsal: true })] },
};

let site: Server;
let base: string;

beforeAll(async () => {
  site = createServer((request, response) => {
    const [, place = "", ...rest] = (request.url ?? "").split("/");
    const part = { "vote.html": "page", "api/v1/laws/L-1": "law" }[rest.join("/")] ?? "";
    const [status, body] = PLACES[place]?.[part] ?? [404, ""];
    response.writeHead(status, { "content-type": "text/html" }).end(body);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const address = site.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  base = `http://127.0.0.1:${address.port}/`;
});
afterAll(() => site?.close());

const settings = settingsOf("local", {});
const ask = (place: string, law = LAW) =>
  votersPages({ stage: "local", apiUrl: base }, settings, `${base}${place}`, law);

describe("the address of the pages in letters", () => {
  test("is taken where the voting page and the law are, also below a path", async () => {
    expect(await ask("right")).toBe(`${base}right/`);
    expect(await ask("right/")).toBe(`${base}right/`);
  });

  test.each([
    ["other-page", /vote\.html is not the voting page \(it answers with something else\)/],
    ["index-page", /is not the voting page \(it answers with something else\)/],
    ["no-page", /is not the voting page \(it answers with status 404\)/],
    ["no-api", /does not lead to L-1 of the stage local \(.*laws\/L-1: it answers with status 404\)/],
    ["page-for-all", /\(.*: it does not answer as the API does\)/],
    ["no-law", /\(.*: it has no such law\)/],
    ["other-title", /\(.*: it has another law of this id, “Dev”\)/],
    ["other-stage", /\(.*: it has another law of this id/],
    ["rehearsal", /\(.*: it has another law of this id/],
  ])("is refused: %s", async (place, why) => {
    await expect(ask(place)).rejects.toThrow(why);
  });

  test("may know nothing of a draft, which is not public yet", async () => {
    const draft = { ...LAW, state: "draft" as const };
    expect(await ask("no-law", draft)).toBe(`${base}no-law/`);
    await expect(ask("no-api", draft)).rejects.toThrow(/answers with status 404/);
    await expect(ask("index-page", draft)).rejects.toThrow(/is not the voting page/);
  });
});
