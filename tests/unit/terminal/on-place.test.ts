import { describe, expect, test } from "vitest";
import { logOf } from "../../../shared/domain/log-of.ts";
import { onPlace } from "../../../terminal/on-place.ts";

describe("the commands in a message", () => {
  test.each([
    ["npm run voters -- seal L1 --expect 5", { data: "/tmp/x" }, "npm run voters -- seal --data /tmp/x L1 --expect 5"],
    ["npm run laws -- show L1 says so.", { stage: "dev" }, "npm run laws -- show --stage dev L1 says so."],
    ["npm run ops -- drain waits", { data: "a b" }, "npm run ops -- drain --data 'a b' waits"],
    ["npm run status, then npm start", { data: "x" }, "npm run status -- --data x, then npm start"],
    ["Logs: npm run logs -- --follow", { data: "x" }, "Logs: npm run logs -- --data x --follow"],
    ["npm run logs -- validate", { stage: "dev" }, "npm run logs -- validate"],
    [
      logOf("log"),
      { data: "x" },
      'the log of the function log (on a local stack: npm run logs -- --data x log; on AWS: docs/runbook.md, "Logs")',
    ],
    ["npm run doctor says which", { stage: "dev" }, "npm run doctor -- --stage dev says which"],
  ])("name the place that was typed: %s", (text, place, expected) => {
    expect(onPlace(text, place)).toBe(expected);
  });

  test("name it in each sentence of a remedy of npm run doctor", () => {
    const remedy =
      "npm run logs -- validate says why; then npm run ops -- redrive. Duplicates: npm run ops -- settle LAW.";
    expect(onPlace(remedy, { stage: "prod" })).toBe(
      "npm run logs -- validate says why; then npm run ops -- redrive --stage prod. Duplicates: npm run ops -- settle " +
        "--stage prod LAW.",
    );
  });

  test("stay as they are without such options, and where the message has them already", () => {
    const text = "npm run ops -- pending and npm run status";
    expect(onPlace(text, {})).toBe(text);
    const named = "npm run ops -- approve ID --stage dev";
    expect(onPlace(named, { stage: "dev" })).toBe(named);
  });
});
