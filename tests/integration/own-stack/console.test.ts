import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeIncomplete, describeOutcome } from "../../../commands/ops/act-words.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { en } from "../../../console/page/texts/en.ts";
import { buildConsolePage } from "../../../console/server/page-files.ts";
import { type RunningConsole, startConsole } from "../../../console/server/server.ts";
import { TOKEN_HEADER } from "../../../console/state.ts";
import { LocalFigures } from "../../../places/figures/log-figures.ts";
import { localStatus } from "../../../places/local/local-status.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { OperatorsApi } from "../../../places/operators/client.ts";
import { closeLaw } from "../../../shared/messages/operators/laws.ts";
import type { Answer } from "../../support/api-client.ts";
import { enableAggregate, keepVoting, otherPage } from "../../support/console/voting-day.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { findings } from "../../support/pages/axe.ts";
import { CHROMIUM, reader, startBrowser } from "../../support/pages/browser.ts";
import { startCommand, whileStopped } from "../../support/processes.ts";
import { rawRequest } from "../../support/raw-request.ts";
import { type TwoPeople, twoPeopleOf } from "../../support/two-people.ts";

// The console on a running stack: votes that come in while something fails, acts of two people, and other pages.

vi.setConfig({ testTimeout: limitOf(120) });

/** Twice the visibility timeout of the local stage (infra/stages-local.ts), and what a look and the page take. */
const TWO_DELIVERIES_MS = (2 * 30 + 15) * 1_000;

const PICTURES = process.env["REFERENDUM_SCREENSHOTS"];

let env: TestEnvironment;
let running: StartedStack;
let people: TwoPeople;
const consoles: RunningConsole[] = [];
let annas: RunningConsole;
let brunos: RunningConsole;

beforeAll(async () => {
  const [own, files] = await Promise.all([
    buildOwnEnvironment({ settings: { twoPeople: true }, environment: { POWERTOOLS_METRICS_DISABLED: "false" } }),
    buildConsolePage(),
  ]);
  ({ environment: env, running } = own);
  people = twoPeopleOf(env.stack);
  const open = async (api: OperatorsApi) => {
    const { api_url: apiUrl, data_dir: dataDir } = env.stack;
    const figures = new LocalFigures(dataDir);
    const outcomeOf = (act: string, result: unknown) => ({
      text: describeOutcome(act, result),
      incomplete: describeIncomplete(act, result),
    });
    const watched = { stage: "local", apiUrl, where: "", api, figures, outcomeOf };
    const started = await startConsole(watched, files);
    consoles.push(started);
    return started;
  };
  [annas, brunos] = [await open(people.anna), await open(people.bruno)];
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
});
afterAll(async () => {
  await Promise.all(consoles.map((one) => one.close()));
  await env?.close();
  await running?.stop();
});

describe.skipIf(CHROMIUM === undefined)(
  "the console of a running stack, in a browser (skipped where there is no Chromium)",
  { tags: ["browser", "slow"] },
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startBrowser();
    });
    afterAll(async () => {
      await browser?.close();
    });

    async function open(address: string): Promise<Page> {
      const page = await (await reader(browser, "en", { viewport: { width: 1_280, height: 900 } })).newPage();
      await page.goto(address);
      return page;
    }
    const overview = (page: Page) =>
      page.getByRole("heading", { level: 1, name: en.overview.title("local"), exact: true }).waitFor();
    const says = (page: Page, text: string) => page.locator("main").getByText(text).first().waitFor();
    const saysNoMore = (page: Page, text: string) =>
      page.locator("main").getByText(text).first().waitFor({ state: "detached" });
    /** The last cell of a table's row, or another one. */
    const cell = async (page: Page, table: string, row: string, column = -1) => {
      const cells = page.locator(`section[aria-labelledby="${table}"] tr`).filter({ hasText: row }).locator("td");
      return Number((await cells.nth(column).innerText()).replaceAll(",", ""));
    };

    test(
      "shows votes while they come in, what fails meanwhile, and that it goes on",
      async () => {
        const { lawId, voters } = await env.newLaw(2_000);
        const page = await open(annas.url);
        await overview(page);
        const votes = keepVoting(env, lawId, voters);
        let answers: readonly Answer[] = [];
        try {
          await env.until("votes are accepted, decided and counted", async () => {
            const rates = await Promise.all(
              [en.flow.accepted, en.flow.decided, en.flow.counted].map((row) => cell(page, "flow", row)),
            );
            return rates.every((rate) => rate > 5);
          });
          await says(page, "From accepted to counted, in the last minute: half within");

          await enableAggregate(env, false);
          await says(page, en.attention.paused("aggregate"));
          const before = await cell(page, "queues", en.queues.waiting);
          await env.until("the outcomes queue grows", async () => {
            return (await cell(page, "queues", en.queues.waiting)) > before + 50;
          });
          await whileStopped((await localStatus(env.stack.data_dir)).pids.postgres, async () => {
            await says(page, en.attention.serviceAway("PostgreSQL"));
            // DynamoDB still says which laws there are, and they can be frozen.
            await page.getByRole("button", { name: en.laws.freeze(lawId), exact: true }).waitFor();
          });
          await saysNoMore(page, en.attention.serviceAway("PostgreSQL"));
          await says(page, en.attention.waiting(en.queues.outcomes, "").trim().replace(/ \.$/, ""));
          if (PICTURES !== undefined) {
            await page.screenshot({ path: join(PICTURES, "console-live-fault-en-1280.png"), fullPage: true });
          }
          expect((await findings(page)).violations).toEqual([]);
          expect(await page.title()).toMatch(/^\(\d+\) /);

          await enableAggregate(env, true);
          // A batch that is not recorded comes again after one visibility timeout, and is seen to wait until then.
          await page.locator("main").getByText(en.attention.nothing).first().waitFor({ timeout: TWO_DELIVERIES_MS });
        } finally {
          await enableAggregate(env, true);
          answers = await votes.stop();
        }
        await env.decided(answers);
        const card = page.locator(".referendum-law").filter({ hasText: en.law(lawId) });
        await card.getByText(answers.length.toLocaleString("en-CA"), { exact: true }).waitFor();
        if (PICTURES !== undefined) {
          await page.screenshot({ path: join(PICTURES, "console-live-en-1280.png"), fullPage: true });
        }
        await page.context().close();
      },
      limitOf(180),
    );

    test("freezes and unfreezes a law, once its id is typed", async () => {
      const { lawId, voters } = await env.newLaw(2);
      const [first, second = first] = voters;
      const page = await open(annas.url);
      await overview(page);
      await page.getByRole("button", { name: en.laws.freeze(lawId), exact: true }).click();
      await page.getByLabel(en.freeze.type).fill(lawId.toLowerCase());
      await page.getByRole("button", { name: en.freeze.go, exact: true }).click();
      await page.getByRole("alert").getByText(en.problems.typed(lawId)).waitFor();
      expect((await env.target.laws.get(lawId))?.frozen).not.toBe(true);
      await page.getByLabel(en.freeze.type).fill(lawId);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: en.freeze.frozen(lawId) }).waitFor();
      await env.until("votes are refused", async () => (await env.api.vote({ lawId, voter: first })).status === 409);

      await page.getByRole("link", { name: en.back }).click();
      await page.getByRole("button", { name: en.laws.unfreeze(lawId), exact: true }).click();
      await page.getByLabel(en.freeze.type).fill(lawId);
      await page.getByRole("button", { name: en.freeze.ungo, exact: true }).click();
      await page.getByRole("heading", { level: 1, name: en.freeze.unfrozen(lawId) }).waitFor();
      await env.until("votes are accepted", async () => (await env.api.vote({ lawId, voter: second })).status === 202);

      await page.getByRole("link", { name: en.back }).click();
      await says(page, `${en.acts["unfreeze-law"]} – ${lawId}`);
      const { rows } = await env.target.pool.query(
        "select act, phase, operator from journal where law_id = $1 and act like '%freeze%' order by number",
        [lawId],
      );
      const done = (act: string) => ["begun", "done"].map((phase) => ({ act, phase, operator: "anna" }));
      expect(rows).toEqual([...done("freeze-law"), ...done("unfreeze-law")]);
      await page.context().close();
    });

    test("lets a second person approve or refuse what the first has proposed, and nobody their own", async () => {
      const [{ lawId }, other] = [await env.newLaw(3), await env.newLaw(1)];
      for (const law_id of [lawId, other.lawId]) {
        expect((await people.anna.perform(closeLaw, { law_id })).kind).toBe("proposed");
      }
      const what = (law: string) => en.proposals.look(`${en.acts["close-law"]} – ${law}`);
      const own = await open(annas.url);
      await own.getByRole("button", { name: what(lawId), exact: true }).click();
      await says(own, en.decide.yours);
      expect(await own.getByRole("button", { name: en.decide.approve }).count()).toBe(0);
      await own.context().close();

      const page = await open(brunos.url);
      await page.getByRole("button", { name: what(lawId), exact: true }).click();
      await says(page, en.decide.closes("3"));
      await page.getByLabel(en.decide.type(lawId)).fill("yes");
      await page.getByRole("button", { name: en.decide.approve }).click();
      await page.getByRole("alert").getByText(en.problems.typed(lawId)).waitFor();
      await page.getByLabel(en.decide.type(lawId)).fill(lawId);
      await page.getByRole("button", { name: en.decide.approve }).click();
      await page.locator("main").getByText(en.decide.done, { exact: true }).waitFor();
      await says(page, "In force at");
      expect((await env.target.laws.get(lawId))?.closesAt).toBeDefined();

      await page.getByRole("link", { name: en.back }).click();
      await page.getByRole("button", { name: what(other.lawId), exact: true }).click();
      await page.getByRole("button", { name: en.decide.refuse, exact: true }).click();
      await page.getByRole("heading", { level: 1, name: en.decide.refused }).waitFor();
      expect((await env.target.laws.get(other.lawId))?.closesAt).toBeUndefined();
      await page.context().close();
    });

    test("does nothing for another page in the same browser", async () => {
      const { lawId } = await env.newLaw(1);
      const other = await otherPage();
      try {
        const page = await open(annas.url);
        await overview(page);
        const token = new URL(annas.url).hash.slice(1);
        const elsewhere = await page.context().newPage();
        await elsewhere.goto(other.address);
        const attack = (init: object) =>
          elsewhere.evaluate<string>(
            `fetch(${JSON.stringify(`${annas.origin}/api/freeze`)}, ${JSON.stringify({
              method: "POST",
              body: JSON.stringify({ law_id: lawId, frozen: true, typed: lawId }),
              ...init,
            })}).then((answer) => "answered " + answer.type, (error) => "failed")`,
          );
        // Even one that knows the token cannot send its header, nor JSON, to another origin.
        const headers = { "content-type": "application/json", [TOKEN_HEADER]: token };
        expect(await attack({ headers })).toBe("failed");
        // What it can send, it may not read, and nothing is done.
        expect(await attack({ mode: "no-cors", headers: { "content-type": "text/plain" } })).toBe("failed");
        expect((await env.target.laws.get(lawId))?.frozen).not.toBe(true);
        // Nor can it show the console in a frame.
        await elsewhere.evaluate(`document.body.append(Object.assign(document.createElement("iframe"),
          { src: ${JSON.stringify(annas.url)} }))`);
        await env.until("the frame is refused", async () => {
          return elsewhere.frames().some((frame) => frame.url().startsWith("chrome-error:"));
        });
        await page.context().close();
      } finally {
        other.close();
      }
    });
  },
);

describe("the console's server", () => {
  const host = () => new URL(annas.url).host;
  const own = () => ({
    host: host(),
    origin: annas.origin,
    "content-type": "application/json",
    [TOKEN_HEADER]: new URL(annas.url).hash.slice(1),
  });
  const send = (path: string, headers: Record<string, string | undefined>, method = "POST", body?: string) => {
    const given = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
    return rawRequest(annas.origin, {
      method,
      path,
      headers: Object.fromEntries(given),
      ...(body === undefined ? {} : { body }),
    });
  };

  test("answers its page, and nobody else", async () => {
    const { lawId } = await env.newLaw(1);
    const body = JSON.stringify({ law_id: lawId, frozen: true, typed: lawId });
    const freeze = (headers: Record<string, string | undefined>, method = "POST") =>
      send("/api/freeze", { ...own(), ...headers }, method, method === "POST" ? body : undefined);
    const refusals = {
      "another origin": [await freeze({ origin: "http://evil.example" }), 403],
      "no origin": [await freeze({ origin: undefined }), 403],
      "an opaque origin": [await freeze({ origin: "null" }), 403],
      "another site by the browser's word": [await freeze({ "sec-fetch-site": "cross-site" }), 403],
      "another port of this machine": [await freeze({ origin: "http://127.0.0.1:1" }), 403],
      "a name that points here": [await freeze({ host: `evil.example:${host().split(":")[1]}` }), 421],
      localhost: [await freeze({ host: `localhost:${host().split(":")[1]}` }), 421],
      "no token": [await freeze({ [TOKEN_HEADER]: undefined }), 401],
      "another token": [await freeze({ [TOKEN_HEADER]: "A".repeat(43) }), 401],
      "a form": [await freeze({ "content-type": "application/x-www-form-urlencoded" }), 415],
      "plain text": [await freeze({ "content-type": "text/plain" }), 415],
      "a GET": [await freeze({}, "GET"), 405],
      "a PUT": [await freeze({}, "PUT"), 405],
    } as const;
    for (const [name, [answer, status]] of Object.entries(refusals)) {
      expect({ name, status: answer.status }).toEqual({ name, status });
      expect(answer.headers["access-control-allow-origin"], name).toBeUndefined();
    }
    expect((await env.target.laws.get(lawId))?.frozen).not.toBe(true);
    expect((await freeze({})).status).toBe(200);
    expect((await env.target.laws.get(lawId))?.frozen).toBe(true);
  });

  test("serves files with a strict policy, and refuses bodies that are too large or of another form", async () => {
    const page = await send("/", { host: host() }, "GET");
    expect(page.status).toBe(200);
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    });
    expect(page.text).not.toMatch(/https?:\/\//);
    expect((await send("/../package.json", { host: host() }, "GET")).status).toBe(404);
    expect((await send("/", { host: host() }, "POST")).status).toBe(405);
    expect((await send("/api/state", own(), "POST", "x".repeat(20_000))).status).toBe(413);
    expect((await send("/api/nothing", own(), "POST", "{}")).status).toBe(404);
    for (const body of ["", "[]", '{"law_id":"L","frozen":true}', '{"law_id":"a b","frozen":true,"typed":"a b"}']) {
      const answer = await send("/api/freeze", own(), "POST", body);
      expect(JSON.parse(answer.text), body).toMatchObject({ ok: false, problem: { code: "invalid_request" } });
    }
  });

  test("says why a law or a proposal is not there", async () => {
    const ask = async (name: string, request: object) =>
      JSON.parse((await send(`/api/${name}`, own(), "POST", JSON.stringify(request))).text);
    expect(await ask("freeze", { law_id: "nothing", frozen: true, typed: "nothing" })).toMatchObject({
      ok: false,
      problem: { code: "no_such_law" },
    });
    const id = "3f0f1c52-0000-4000-8000-000000000000";
    expect(await ask("proposal", { id })).toMatchObject({ ok: false, problem: { code: "no_such_proposal" } });
    const { lawId } = await env.newLaw(1);
    const outcome = await people.anna.perform(closeLaw, { law_id: lawId });
    if (outcome.kind !== "proposed") throw new Error("it was not proposed");
    const { id: own_id, hash } = outcome.proposal;
    expect(await ask("approve", { id: own_id, hash, typed: lawId })).toMatchObject({
      ok: false,
      problem: { code: "same_person" },
    });
  });

  test("does not ask the stage more often for many pages than for one", async () => {
    const looks = vi.spyOn(people.anna, "look");
    try {
      await Promise.all(Array.from({ length: 20 }, () => send("/api/state", own(), "POST", "{}")));
      expect(looks.mock.calls.filter(([act]) => act.name === "watch-stage").length).toBeLessThanOrEqual(1);
    } finally {
      looks.mockRestore();
    }
  });
});

describe("npm run console", () => {
  test("prints its address, and ends on Ctrl-C", async () => {
    const command = startCommand("console", ["--data", env.stack.data_dir, "--json"]);
    const { url } = JSON.parse(await command.firstLine);
    const answer = await rawRequest(new URL(url).origin, { method: "GET", path: "/" });
    expect(answer.status).toBe(200);
    const port = new URL(url).port;
    const second = await startCommand("console", ["--data", env.stack.data_dir, "--port", port]).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`Port ${port} is taken`);
    command.kill("SIGINT");
    expect((await command.ended).code).toBe(0);
  });

  test("says that nothing runs where nothing does", async () => {
    const { code, stderr } = await startCommand("console", ["--data", join(env.stack.data_dir, "nothing")]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("No local stack is running");
  });
});
