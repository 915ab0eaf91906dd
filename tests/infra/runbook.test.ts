import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { limitOf } from "../../commands/test/tags.ts";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { runProgram } from "../../machine/programs.ts";
import { awsTools, faultsOf } from "../support/aws-tools/aws-tools.ts";
import type { PythonTool } from "../support/python-tool.ts";

/** Commands that only version 2 of the AWS command line knows; PyPI has version 1. */
const ONLY_VERSION_2 = /^aws logs tail /;
/** Other programs that the page uses. Other tests compare the project's commands in the pages with the code. */
const OTHERS = ["npm", "npx", "curl", "tar", "sudo", "sleep"];

const page = readFileSync(join(PROJECT_ROOT, "docs/runbook.md"), "utf8");
/**
 * The commands of each section: its blocks, then those in its text. The lines of the first section begin every shell.
 */
const [beginning = "", ...sections] = page
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const blocks = [...section.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, indent = "", code = ""]) =>
      code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    );
    const inText = section.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "").matchAll(/`(aws [a-z][^`…]*)`/g);
    const commands = [...inText].map(([, command = ""]) => command.replaceAll(/\s+/g, " "));
    return [...blocks, ...commands.filter((command) => !ONLY_VERSION_2.test(command))].join("\n");
  });

let folder: string;
let tools: PythonTool;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "referendum-runbook-"));
  tools = await awsTools();
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  // It writes down what is typed, and answers with a value that can be a number and a name.
  const answer = `case "$*" in *"--output json"*) echo '[{"Key":"stage","Value":"dev"}]' ;; *) echo 1 ;; esac`;
  program("aws", `printf '%s\\0' "$@" >> "$TYPED"; printf '\\n' >> "$TYPED"; ${answer}`);
  // The last one is the Node of a release that was unpacked.
  mkdirSync(join(folder, "release/node_modules/.bin"), { recursive: true });
  for (const name of [...OTHERS, "release/node_modules/.bin/node"]) program(name, "cat > /dev/null");
}, limitOf(240));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Types something in a shell, and gives the arguments of each `aws` in it. */
async function type(code: string): Promise<string[][]> {
  const [script, typed] = [join(folder, "script.sh"), join(folder, "typed")];
  rmSync(typed, { force: true });
  writeFileSync(script, `set -euo pipefail\ncd '${folder}'\n${code}\nwait\n`);
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, TYPED: typed };
  const ended = await runProgram("bash", [script], { env });
  expect(ended, code).toMatchObject({ code: 0, tail: expect.any(Array) });
  if (!existsSync(typed)) return [];
  // One line each; an argument ends with a zero byte.
  return readFileSync(typed, "utf8")
    .split("\0\n")
    .filter(Boolean)
    .map((line) => line.split("\0"));
}

describe("the runbook's commands for AWS", () => {
  test("are such that the AWS command line takes them", { timeout: limitOf(240) }, async ({ skip }) => {
    if ("absent" in tools) return skip(`left out: ${tools.absent}`);
    const definitions = beginning.slice(0, beginning.indexOf("\n}\n") + 3);
    const commands = await type(beginning);
    for (const code of sections) if (code !== "") commands.push(...(await type(`${definitions}${code}`)));
    const faults = await faultsOf(tools.python, commands);
    const wrong = commands.flatMap((command, index) =>
      faults[index] ? [`aws ${command.join(" ")}: ${faults[index]}`] : [],
    );
    expect(wrong).toEqual([]);
    expect(commands.length).toBeGreaterThan(40);
  });

  test("would be found if they were wrong", { timeout: limitOf(240) }, async ({ skip }) => {
    if ("absent" in tools) return skip(`left out: ${tools.absent}`);
    const faults = await faultsOf(tools.python, [
      ["rds", "modify-db-instance", "--db-instance-identifier", "x", "--no-such-option"],
      ["rds", "modify-db-instance", "--apply-immediately"],
      ["rds", "modify-db-instance", "--db-instance-identifier", "x", "--monitoring-interval", "often"],
      ["rds", "wait", "db-instance-gone", "--db-instance-identifier", "x"],
      ["lambda", "get-alias", "--function-name", "x", "--name", "live", "--query", "Versions["],
      ["lambda", "get-alias", "--function-name", "x", "--name", "live"],
    ]);
    expect(faults.map((fault) => fault !== "")).toEqual([true, true, true, true, true, false]);
    expect(z.array(z.string()).parse(faults)[0]).toContain("--no-such-option");
  });
});
