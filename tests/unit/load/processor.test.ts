import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

/** The processor reads its settings once, when Artillery loads it. */
function load(): Promise<typeof import("../../../load/processor.mjs")> {
  vi.resetModules();
  return import("../../../load/processor.mjs");
}

describe("the processor of Artillery", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "referendum-processor-"));
    vi.stubEnv("LOAD_VOTERS", join(directory, "voters.csv"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });

  test("ends at once without a roll, and names the command that makes one", async () => {
    await expect(load()).rejects.toThrow(/there is no roll in .*voters\.csv: npm run load -- prepare --votes 100000/);
  });

  test.each([
    ["with semicolons", "nas;code\n000000001;VOTER1\n"],
    ["with the code first", "code,nas\nVOTER1,000000001\n"],
    ["with more columns", "nas,code,name\n000000001,VOTER1,Mei\n"],
    ["in UTF-16", Buffer.from("nas,code\n000000001,VOTER1\n", "utf16le")],
  ])("ends at once with a roll %s, which it would send as something else", async (_, roll) => {
    await writeFile(join(directory, "voters.csv"), roll);
    await expect(load()).rejects.toThrow(/is not a roll as votes are made from: .* npm run voters -- check/);
  });

  test("uses each voter of the roll for one vote, and says so when all have voted", async () => {
    await writeFile(join(directory, "voters.csv"), "nas,code\n000000001,VOTER1\n000000002,VOTER2\n");
    vi.stubEnv("LOAD_MIX", "duplicates=0,unknown=0,malformed=0,receipts=0");
    vi.stubEnv("WORKERS", "1");
    vi.stubEnv("LOAD_TARGET", "http://127.0.0.1:1");
    const { prepareVote } = await load();
    const prepare = () => {
      const request = { url: "/api/v1/vote", body: "" };
      const done = vi.fn();
      prepareVote(request, { vars: {} }, undefined, done);
      return { request, problem: done.mock.calls[0]?.[0] };
    };
    const [first, second, third] = [prepare(), prepare(), prepare()];
    expect(first.request).toMatchObject({ url: "http://127.0.0.1:1/api/v1/vote" });
    expect([first, second].map(({ request }) => JSON.parse(request.body))).toMatchObject([
      { nas: "000000001", code: "VOTER1", law_id: "LOAD" },
      { nas: "000000002", code: "VOTER2", law_id: "LOAD" },
    ]);
    expect([first.problem, second.problem]).toEqual([undefined, undefined]);
    expect(third.problem).toMatchObject({ message: expect.stringContaining("all 2 voters") });
  });
});
