import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CHECK_IDS } from "../../../client/verify/index.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { certifyLaw, publishLaw } from "../../../shared/messages/operators/conclusion.ts";
import { closeLaw, openLaw } from "../../../shared/messages/operators/laws.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { type ConcludedStack, concludedStack } from "../../support/conclusion/concluded-stack.ts";
import { type Alone, aloneFolder, outcomesOf } from "../../support/conclusion/verify-alone.ts";
import type { Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";

// An open and a sealed law from votes to their publication, and what somebody finds who has nothing but the published
// files and the client. Each test goes on where the one before it has ended.

vi.setConfig({ testTimeout: limitOf(120), hookTimeout: limitOf(120) });

let stack: ConcludedStack;
let alone: Alone;

beforeAll(async () => {
  stack = await concludedStack();
  alone = await aloneFolder();
});
afterAll(async () => {
  await stack?.stop();
  await alone?.remove();
});

const OPEN = `O-${randomBytes(4).toString("hex")}`;
const SEALED = `S-${randomBytes(4).toString("hex")}`;
const BOTH = [
  [OPEN, "open"],
  [SEALED, "sealed"],
] as const;

const shown = (lawId: string) => stack.people.anna.look(showLaw, { law_id: lawId });

const REFUSED = [
  [certifyLaw, "certify"],
  [publishLaw, "publish"],
] as const;

/** When the open law was closed first, and opened again, until when. */
let moments: { readonly closed: string | null; readonly opened: string | null; readonly until: string };

/** Wants certify and publish to be refused. */
async function refuse(lawId: string, why: RegExp, acts: readonly (typeof REFUSED)[number][] = REFUSED): Promise<void> {
  for (const [act, name] of acts) {
    await expect(stack.people.anna.perform(act, { law_id: lawId }), name).rejects.toThrow(why);
  }
}

describe("an open and a sealed law", () => {
  test("take votes, and are neither certified nor published before that is over", async () => {
    for (const [lawId, form] of BOTH) {
      const [first, second, third] = (await stack.ready(lawId, form, 4)) as readonly [Voter, Voter, Voter];
      await stack.cast(lawId, first, "oui");
      await stack.cast(lawId, second, "non");
      await stack.cast(lawId, third, "oui");
      await stack.cast(lawId, first, "non");
      await refuse(lawId, /has not closed/);
    }
  });

  test("are closed, one of them opened again and closed a second time, and counted", async () => {
    const { in_force_at: closed } = closeLaw.result.parse(await stack.done(closeLaw, { law_id: OPEN }));
    await stack.env.until("it has closed", async () => Date.now() > Date.parse(closed ?? ""));
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const again = { law_id: OPEN, reopen: true, until };
    const { in_force_at: opened } = openLaw.result.parse(await stack.done(openLaw, again));
    await stack.env.until("it is open again", async () => Date.now() > Date.parse(opened ?? ""));
    await stack.close(OPEN, SEALED);
    moments = { closed, opened, until };
    await refuse(OPEN, /is not counted/);
    expect(await stack.count(OPEN)).toMatchObject({ count: { oui: 2, non: 1, duplicate: 1 } });
    expect(await stack.count(SEALED)).toMatchObject({ count: null, box: { envelopes: 3 } });
    await refuse(SEALED, /is not counted/);
    await stack.open(SEALED);
    expect(await stack.count(SEALED)).toMatchObject({ count: { oui: 2, non: 1, spoiled: 0 } });
    for (const lawId of [OPEN, SEALED]) {
      expect((await shown(lawId)).missing).toEqual([`It is not certified: npm run ops -- certify ${lawId}`]);
      await refuse(lawId, /is not certified.*ops -- certify/, [REFUSED[1]]);
    }
  });

  test("are certified, once", async () => {
    for (const lawId of [OPEN, SEALED]) {
      expect(await stack.typed("certify", lawId)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/is to be certified\. .* with 3 votes: 2 oui, 1 non\. 1 duplicate and 0 .*--yes/),
      });
      expect((await shown(lawId)).law.state).toBe("counted");
      const certified = await stack.typed("certify", lawId, "--yes");
      expect(certified, certified.stderr).toMatchObject({ code: 0 });
      expect(certified.stdout).toMatch(/is certified; the SHA-256 of its certificate is [0-9a-f]{64}/);
      // It only shows the certificate, and asks for nothing.
      const again = await stack.typed("certify", lawId);
      expect(again).toMatchObject({ code: 0, stdout: certified.stdout });
      expect(await shown(lawId)).toMatchObject({
        law: { state: "certified" },
        missing: [`It is not published: npm run ops -- publish ${lawId}`],
      });
    }
  });

  test.each([
    ["open", OPEN],
    ["sealed", SEALED],
  ])("are published: the %s one holds for somebody who has nothing but the client", async (form, lawId) => {
    const folder = join(alone.folder, "bundles", lawId);
    expect(await stack.typed("publish", lawId, "--to", folder)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is to be published\. .* with 3 votes: 2 oui, 1 non\. .* stays for ever\. .*--yes/),
    });
    expect([(await shown(lawId)).law.state, existsSync(folder)]).toEqual(["certified", false]);
    const published = await stack.typed("publish", lawId, "--to", folder, "--yes");
    expect(published, published.stderr).toMatchObject({ code: 0 });
    expect(published.stdout).toMatch(/is published with 4 submissions/);
    expect(existsSync(join(folder, "opened"))).toBe(form === "sealed");
    const { law, missing } = await shown(lawId);
    expect({ state: law.state, missing }).toEqual({ state: "published", missing: [] });
    const optional = ["1.03", "1.08", "1.09", "2.05", "2.13", "3.12", "3.13"];
    const ofSealed = ["3.08", "3.09", "3.10"];
    const expected = CHECK_IDS.filter((id) => !optional.includes(id) && (form === "sealed" || !ofSealed.includes(id)));
    for (const where of [folder, stack.address(lawId)]) {
      const verified = await alone.verify(where);
      expect(verified.checks.flatMap(({ id, findings }) => findings.map((finding) => ({ id, finding })))).toEqual([]);
      expect({ ...outcomesOf(verified), verdict: verified.verdict }).toEqual({
        ...{ fails: [], holds: expected, verdict: "holds" },
      });
    }
    const again = await stack.typed("publish", lawId, "--to", folder);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/exists already/) });
    const { rowCount } = await stack.env.target.pool.query("select from law_submissions where law_id = $1", [lawId]);
    expect(rowCount).toBe(0);
  });

  test.each([
    ["open", OPEN],
    ["sealed", SEALED],
  ])("have their official report: the %s one, made of its folder and of its address", async (form, lawId) => {
    for (const where of [join(alone.folder, "bundles", lawId), stack.address(lawId)]) {
      const to = join(alone.folder, "reports", where === stack.address(lawId) ? "address" : "folder");
      const ended = await runCommand("laws", ["report", where, "--to", to, "--json"]);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(ended.stdout)).toMatchObject({ law_id: lawId, standing: "certified" });
      const report = JSON.parse(readFileSync(join(to, `report-${lawId}.json`), "utf8"));
      expect(report).toMatchObject({
        law: { form },
        result: { options: [{ ballots: 2 }, { ballots: 1 }], valid: 3, spoiled: 0 },
        turnout: { voted: 3 },
        submissions: { counted: 3 },
        ledger: "clean",
        verification: { verdict: "holds" },
      });
      expect(report.turnout.hours === null).toBe(to.endsWith("folder"));
      const { in_force, changes } = report.window;
      expect([in_force.length, changes.length]).toEqual(form === "open" ? [2, 3] : [1, 1]);
      expect(Date.parse(in_force.at(-1).closes_at)).toBeLessThan(Date.parse(moments.until));
      if (form === "sealed") continue;
      expect(in_force).toMatchObject([{ closes_at: moments.closed }, { opens_at: moments.opened }]);
    }
  });

  test("are published again without a change, when somebody wants another folder", async () => {
    const folder = join(alone.folder, "bundles", "again");
    expect(await stack.typed("publish", SEALED, "--to", folder)).toMatchObject({ code: 0 });
    expect(await alone.verify(folder)).toMatchObject({ verdict: "holds" });
  });
});
