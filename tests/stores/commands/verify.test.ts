import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { type MadeBundle, makeBundle } from "../../support/bundle/make-bundle.ts";
import { honestWorld } from "../../support/bundle/world.ts";
import { writeBundle } from "../../support/bundle/write-bundle.ts";
import { runCommand } from "../../support/processes.ts";

// Each command is a process.
vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

const work = mkdtempSync(join(tmpdir(), "referendum-verify-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const at = (path: string) => join(work, path);
const verify = (...args: string[]) => runCommand("verify", args, "", { LANG: "C", LC_ALL: "" });

function file(name: string, content: string | object): string {
  writeFileSync(at(name), typeof content === "string" ? content : JSON.stringify(content));
  return at(name);
}

const world = honestWorld("sealed");
let bundle: MadeBundle;
beforeAll(async () => {
  bundle = makeBundle(world);
  await writeBundle(at("bundle"), bundle);
  const other = honestWorld("sealed");
  other.submissions.splice(1, 1);
  await writeBundle(at("without-a-vote"), makeBundle(other));
  const running = makeBundle(honestWorld("open"));
  for (const path of ["certificate", "submissions.ndjson", "journal.ndjson"]) running.files.delete(path);
  await writeBundle(at("running"), running);
});

const mine = () => world.submissions[1] ?? world.submissions[0];
const receipt = () => file("receipt.json", mine() === undefined ? {} : bundle.receiptOf(mine() as never));

describe("npm run verify", () => {
  test("says of each check what it proves and what it does not, and ends with 0 when everything holds", async () => {
    const ended = await verify(at("bundle"), "--promise", receipt(), "--key", file("key", `${bundle.key}\n`));
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(
      /2\.13 Your promise is kept\n {7}holds, completeness\n {7}→ the submission is counted, by entry/,
    );
    expect(ended.stdout).toMatch(/ {7}Proves: .+\n {7}Does not prove: .+/);
    expect(ended.stdout.trimEnd().split("\n").at(-1)).toBe("Everything that was checked holds.");
  });

  test("speaks French, and checks what trustees and auditors hold", async () => {
    const others = ["--box", file("box", bundle.box), "--roll", file("roll", bundle.roll)];
    const ended = await verify(
      at("bundle"),
      "--lang",
      "fr",
      "--trustees",
      file("public", bundle.publicFile),
      ...others,
    );
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("3.12 L’urne a exactement les enveloppes comptées\n       juste, complétude");
    expect(ended.stdout).toContain("1.09 La liste électorale que vous avez est celle qui a été scellée\n       juste");
  });

  test("ends with 3 when the law runs, or files are missing", async () => {
    const running = await verify(at("running"), "--json");
    expect(running.code).toBe(3);
    expect(JSON.parse(running.stdout)).toMatchObject({ verdict: "running", law_id: "L2026-001", form: "open" });
    rmSync(at("without-a-vote/journal.ndjson"));
    const partial = await verify(at("without-a-vote"), "--signatures", "sample:5");
    expect(partial.code).toBe(3);
    expect(partial.stdout).toContain("✗ journal.ndjson is missing");
  });

  test("writes a proof of a broken promise, which others can check", async () => {
    const ended = await verify(at("without-a-vote"), "--promise", receipt(), "--proof", at("proof.json"), "--json");
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: "fails", proof: expect.stringContaining("proof.json") });
    const third = await verify(at("without-a-vote"), "--promise", at("proof.json"), "--proof", at("again.json"));
    expect(third.code).toBe(1);
    expect(third.stdout).toContain("although a promise was given");
    expect(readFileSync(at("again.json"), "utf8")).toBe(readFileSync(at("proof.json"), "utf8"));
  });

  test("remembers a checkpoint, finds a log that is another one then, and compares what two have seen", async () => {
    const [seen, theirs] = [at("seen.json"), at("theirs.json")];
    expect((await verify(at("bundle"), "--remember", seen)).code).toBe(0);
    const remembered = readFileSync(seen, "utf8");
    expect((await verify(at("bundle"), "--remember", seen)).code).toBe(0);
    expect((await verify(at("without-a-vote"), "--remember", theirs)).code).toBe(3);

    const forked = await verify(at("without-a-vote"), "--remember", seen, "--proof", at("views.json"));
    expect(forked.code).toBe(1);
    expect(forked.stdout).toContain("it was rolled back");
    expect(JSON.parse(readFileSync(at("views.json"), "utf8")).views).toHaveLength(2);
    // What was seen first stays.
    expect(JSON.parse(readFileSync(seen, "utf8")).logs).toMatchObject(stripped(JSON.parse(remembered).logs));

    expect((await verify("--remember", seen, "--compare", seen)).code).toBe(0);
    const unproven = await verify("--remember", seen, "--compare", theirs);
    expect(unproven).toMatchObject({ code: 3, stdout: expect.stringContaining("name the log as well") });
    const withLog = await verify(at("bundle"), "--remember", seen, "--compare", theirs, "--proof", at("both.json"));
    expect(withLog.code).toBe(1);
    expect(existsSync(at("both.json"))).toBe(true);
  });

  test("prints the tables of docs/verifiability.md", async () => {
    const ended = await verify("--table");
    expect(ended.code).toBe(0);
    expect(readFileSync(join(import.meta.dirname, "../../../docs/verifiability.md"), "utf8")).toContain(
      ended.stdout.trim(),
    );
    expect(await verify("--table", "--json")).toMatchObject({ code: 2 });
    expect(await verify("--table", at("key"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has no place"),
    });
  });

  test.each([
    [2, [], "Name a folder or an address"],
    [2, ["bundle", "--signatures", "some"], "use all, or sample:NUMBER"],
    [2, ["bundle", "--compare", "x"], "name that file by --remember"],
    [1, ["nothing"], "this is no bundle and no log of a law"],
    [1, ["bundle", "--promise", "nothing.json"], "nothing.json cannot be read (ENOENT)"],
    [1, ["bundle", "--promise", "key"], "key has no promise in it"],
    [1, ["bundle", "--remember", "key"], "key is not what --remember has written"],
    [1, ["bundle", "--trustees", "key"], "key is not JSON"],
    [1, ["bundle", "--box", "nothing"], "nothing cannot be read (there is no such file)"],
    [1, ["http://127.0.0.1:1"], "/checkpoint cannot be read ("],
  ] as const)("ends with %i after %j", { timeout: limitOf(120) }, async (code, args, said) => {
    file("key", bundle.key);
    const ended = await verify(...args.map((arg) => (/^(?:--|sample|some|http)/.test(arg) ? arg : at(arg))));
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe("");
  });
});

/** The moment at which something was seen again is another one. */
function stripped(logs: Record<string, { seen_at?: string }>): Record<string, object> {
  return Object.fromEntries(Object.entries(logs).map(([origin, { seen_at: _, ...rest }]) => [origin, rest]));
}
