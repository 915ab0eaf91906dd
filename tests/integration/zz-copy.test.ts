import { afterAll, beforeAll, expect, test } from "vitest";
import { buildTestEnvironment, type TestEnvironment } from "../support/environment.ts";

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await buildTestEnvironment();
});
afterAll(async () => {
  await environment.checkLedger();
  await environment.close();
});

test("a second vote of the same voter is a duplicate, and the first choice stands", async () => {
  const { lawId, voters } = await environment.newLaw(1);
  const [voter] = voters;
  const first = await environment.api.vote({ lawId, voter, vote: "oui" });
  expect(await environment.decided([first])).toEqual(["counted"]);

  const second = await environment.api.vote({ lawId, voter, vote: "non" });
  expect(second.status).toBe(202);
  expect(await environment.decided([second])).toEqual(["duplicate"]);

  const results = await environment.api.results(lawId);
  expect(results.json).toMatchObject({ oui_count: 1, non_count: 0, total_votes: 1 });
});
