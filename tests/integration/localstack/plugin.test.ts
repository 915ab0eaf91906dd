import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runProgram } from "../../../machine/programs.ts";
import { localStackPython } from "../../../places/localstack/python.ts";
import { HOME_DIRECTORY } from "../../../places/localstack/settings.ts";
import { startedLocalStack } from "../../support/localstack-faults.ts";

/** With Docker, the plugins of places/localstack are not used. */
const inUse = startedLocalStack().state.started.localstack !== undefined;

describe.runIf(inUse)("places/localstack", { tags: ["localstack"] }, () => {
  test("the pool of processes does what Lambda does", async () => {
    const args = ["-W", "ignore", "-m", "unittest", "discover", "-s", join(HOME_DIRECTORY, "plugin", "tests")];
    const env = { ...process.env, LAMBDA_NODE: process.execPath, PYTHONDONTWRITEBYTECODE: "1" };
    const { code, tail } = await runProgram(localStackPython(), args, { env });
    expect({ code, tail: code === 0 ? [] : tail }).toEqual({ code: 0, tail: [] });
  });

  test("the list of resource types agrees with the running LocalStack", async () => {
    const program = join(HOME_DIRECTORY, "resource_types.py");
    const lines: string[] = [];
    const { code } = await runProgram(localStackPython(), [program], { onLine: (line) => lines.push(line) });
    expect(code).toBe(0);
    const kept = readFileSync(join(HOME_DIRECTORY, "resource-types.json"), "utf8");
    expect(JSON.parse(lines.slice(lines.indexOf("[")).join("\n"))).toEqual(JSON.parse(kept));
  });
});
