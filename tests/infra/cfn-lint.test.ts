import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { limitOf } from "../../commands/test/tags.ts";
import type { StageName } from "../../infra/stages.ts";
import { runProgram } from "../../machine/programs.ts";
import { awsTools } from "../support/aws-tools/aws-tools.ts";
import type { PythonTool } from "../support/python-tool.ts";
import { synthesize } from "./support/synth.ts";

/** Every setting that adds something to a template or takes something away. */
const EVERYTHING = {
  api: { corsOrigins: ["https://vote.example.org"] },
  aws: {
    domain: {
      name: "vote.example.org",
      certificateArn: "arn:aws:acm:ca-central-1:111111111111:certificate/00000000-0000-0000-0000-000000000000",
      mutualTlsTruststore: "s3://truststore/authorities.pem",
    },
    // Pages cannot reach an API that asks for certificates; the variants without all this have them.
    pages: { enabled: false },
    ingestConcurrency: {
      votingDay: { minimum: 5, start: "cron(0 5 22 11 ? 2027)", end: "cron(0 5 23 11 ? 2027)" },
    },
    waf: { loadGeneratorCidrs: ["192.0.2.0/24"] },
    access: {
      readers: ["arn:aws:iam::111111111111:role/office"],
      operators: ["arn:aws:iam::111111111111:role/operations"],
      approvers: ["arn:aws:iam::111111111111:role/commission"],
      sessionName: `\${aws:PrincipalTag/person}`,
      breakGlass: ["arn:aws:iam::111111111111:role/first", "arn:aws:iam::111111111111:role/second"],
    },
    alarms: { emails: ["operators@example.org"] },
  },
};
const NAMED = {
  aws: {
    pages: {
      domain: {
        name: "vote.example.org",
        certificateArn: "arn:aws:acm:us-east-1:111111111111:certificate/00000000-0000-0000-0000-000000000000",
      },
    },
  },
};
const VARIANTS: ReadonlyArray<readonly [name: string, stage: StageName, settings?: object]> = [
  ["local", "local"],
  ["localstack", "localstack"],
  ["dev", "dev"],
  ["prod", "prod"],
  ["dev with everything", "dev", EVERYTHING],
  ["dev with a name of the pages", "dev", NAMED],
  ["prod with everything", "prod", EVERYTHING],
  ["prod, protecting nothing", "prod", { aws: { protectData: false } }],
];

/** Warnings that are accepted, each with the reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  W3005: "CDK names what a resource depends on, also where a reference says so already: twice is no fault",
  W3010: "the zones are named on purpose, because ca-central-1 has no zone c for new accounts, and no account is asked",
  W6001: "commands read the outputs of one stack, the only one that the operators' role may describe",
};

/** The package has no `__main__`. */
const START = "import sys; from cfnlint.runner import main; sys.exit(main())";

const Finding = z.object({
  Filename: z.string(),
  Level: z.string(),
  Message: z.string(),
  Rule: z.object({ Id: z.string() }),
  Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
});

let folder: string;
let tools: PythonTool;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "referendum-lint-"));
  tools = await awsTools();
}, limitOf(240));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Found = z.output<typeof Finding>;

/**
 * What cfn-lint finds in the templates of all variants. It takes a minute of CPU, and finds the same in the same bytes:
 * so its findings are kept per template beside it, and it reads what it has not read before. Hashes of the functions'
 * code are left out of the bytes, because every change of a function changes them.
 */
async function findings(python: string): Promise<readonly Found[]> {
  const read = join(dirname(dirname(dirname(python))), `${basename(dirname(dirname(python)))}-findings`);
  mkdirSync(read, { recursive: true });
  const templates = new Map<string, { readonly name: string; readonly text: string }>();
  for (const [name, stage, settings] of VARIANTS) {
    for (const [stack, template] of synthesize(stage, settings).templates) {
      const text = JSON.stringify(template).replaceAll(/[0-9a-f]{64}/g, "0".repeat(64));
      const kept = join(read, `${createHash("sha256").update(text).digest("hex")}.json`);
      if (!templates.has(kept)) templates.set(kept, { name: `${name}: ${stack}.json`, text });
    }
  }
  const unread = [...templates].filter(([kept]) => !existsSync(kept));
  if (unread.length > 0) {
    for (const [, { name, text }] of unread) writeFileSync(join(folder, name), text);
    const found = await lint(
      python,
      unread.map(([, { name }]) => join(folder, name)),
    );
    for (const [kept, { name }] of unread) {
      const ofTemplate = found.filter(({ Filename }) => Filename === join(folder, name));
      writeFileSync(`${kept}.${process.pid}`, JSON.stringify(ofTemplate));
      renameSync(`${kept}.${process.pid}`, kept);
    }
  }
  return [...templates].flatMap(([kept, { name }]) =>
    z
      .array(Finding)
      .parse(JSON.parse(readFileSync(kept, "utf8")))
      .map((found) => ({ ...found, Filename: name })),
  );
}

async function lint(python: string, files: readonly string[]): Promise<readonly Found[]> {
  const report = join(folder, "findings.json");
  const options = ["--regions", "ca-central-1", "--format", "json", "--output-file", report];
  const ended = await runProgram(python, ["-c", START, ...options, "--non-zero-exit-code", "none", "--", ...files]);
  expect(ended, "cfn-lint ran to its end").toMatchObject({ code: 0 });
  return z.array(Finding).parse(JSON.parse(readFileSync(report, "utf8")));
}

describe("cfn-lint, over the templates of all stages and settings", () => {
  test("finds no error, and no warning but those with a reason", { tags: ["slow"], timeout: limitOf(600) }, async ({
    skip,
  }) => {
    if ("absent" in tools) return skip(`left out: ${tools.absent}`);
    const found = await findings(tools.python);
    const told = ({ Filename, Rule, Location, Message }: Found) =>
      `${Rule.Id} ${Filename} ${Location.Path?.join("/") ?? ""}: ${Message}`;
    expect(found.filter(({ Rule }) => ACCEPTED[Rule.Id] === undefined).map(told)).toEqual([]);
    expect(found.filter(({ Level }) => Level !== "Warning" && Level !== "Informational").map(told)).toEqual([]);
    // A reason for what is found no more would hide what comes next.
    expect([...new Set(found.map(({ Rule }) => Rule.Id))].sort()).toEqual(Object.keys(ACCEPTED));
  });
});
