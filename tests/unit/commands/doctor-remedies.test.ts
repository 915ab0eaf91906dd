import { expect, test } from "vitest";
import { bad, good } from "../../../commands/doctor/check.ts";
import { onStage } from "../../../commands/doctor/command.ts";

test("remedies of npm run doctor name the stage that was given, in every command that takes one", () => {
  const said =
    "npm run logs -- validate says why; then npm run ops -- redrive. Duplicates: npm run ops -- settle LAW. " +
    "npm run voters -- seal L1 --expect 3";
  expect(onStage(bad("queues", "dead letters", said), "prod").remedy).toBe(
    "npm run logs -- validate says why; then npm run ops -- redrive --stage prod. Duplicates: npm run ops -- settle " +
      "--stage prod LAW. npm run voters -- seal --stage prod L1 --expect 3",
  );
  expect(onStage(bad("queues", "dead letters", said), undefined).remedy).toBe(said);
  expect(onStage(good("queues", "empty"), "prod")).toEqual(good("queues", "empty"));
});
