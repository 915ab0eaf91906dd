import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envelopeSha256 } from "../../../shared/domain/promise.ts";
import { parseRequestId } from "../../../shared/domain/request-id.ts";
import { startFunctionTarget } from "../support/function-target.ts";
import type { TestTarget } from "../support/test-target.ts";
import { type CastVote, type Election, holdElection } from "./election.ts";
import { Investigation } from "./infer.ts";
import { electionKeyOf, openTheBox } from "./opening.ts";
import { openPeople } from "./people.ts";
import { keysOf, openReaders, STORE_ROLES } from "./roles.ts";
import { type Knowledge, type Sighting, sighted, together } from "./sighting.ts";
import { areSame, cellsOf, eitherOf, type Pair, pairsTableOf, type Row, rowOf, tableOf } from "./table.ts";

const PAGE = readFileSync(join(resolve(import.meta.dirname, "../../.."), "docs/secrecy.md"), "utf8");
/** The section of the page that says what each role finds out. */
const SECTION = PAGE.split("\n## ").find((section) => section.startsWith("What each role finds out\n")) ?? "";
const TABLES = SECTION.split("\n\n").filter((paragraph) => paragraph.startsWith("|"));

let stack: TestTarget;
let election: Election;
let known: ReadonlyMap<string, Knowledge>;
let rowFor: (knowledge: Knowledge) => Row;
let pepper: Knowledge["keys"]["pepper"];

/** Holds the election, and looks with the eyes of each role after each step. */
beforeAll(async () => {
  stack = await startFunctionTarget();
  // As on prod: what is published moves in steps.
  Object.assign(process.env, {
    RESULTS_INTERVAL_SECONDS: "300",
    RESULTS_MINIMUM_VOTES: "1000",
    TURNOUT_MINIMUM: "100",
  });
  const readers = await openReaders(stack);
  const people = await openPeople(stack);
  const looks: ReadonlyMap<string, readonly Sighting[]>[] = [];
  const lookAround = async (now: Election) => {
    const seen = STORE_ROLES.map(async (role) => [role, await readers.look(role, now)] as const);
    const told = [["told", await people.looks(now)] as const, ["public", await people.public(now)] as const];
    looks.push(new Map([...(await Promise.all(seen)), ...told]));
  };
  try {
    election = await holdElection(stack, lookAround);
    const told = await people.otherLooks(election);
    const found = await people.findings(election);
    const files = await openTheBox(stack, election);
    await lookAround(election);
    const keys = await stack.target.keys();
    pepper = keys.pepper("1");
    /** What was seen of something in each look, and more at the end. */
    const seen = (of: string, ...more: readonly Sighting[]) =>
      looks.map((look, at) => [...(look.get(of) ?? []), ...(at === looks.length - 1 ? more : [])]);
    const taken = [...files.box, ...files.opened];
    const messages = Object.values(election.messages).flat();
    const looking = { looks: seen("told", ...told), keys: {} };
    known = new Map<string, Knowledge>([
      ...STORE_ROLES.map((role): [string, Knowledge] => [
        role === "auditor" ? "auditors" : `\`${role}\``,
        { looks: seen(role), keys: keysOf(role, { pepper, person: keys.ofVersion(1).person }) },
      ]),
      ["readers", looking],
      ["approvers", looking],
      ["operators", { looks: seen("told", ...told, ...found, ...taken), keys: {} }],
      [
        "the break-glass role",
        { looks: seen("told", ...told, ...found, ...taken, ...messages.map((body) => sighted(body))), keys: {} },
      ],
      ["enough trustees", { looks: seen("", ...taken), keys: { election: [await electionKeyOf(election, "enough")] } }],
      [
        "too few trustees",
        { looks: seen("", ...taken), keys: { election: [await electionKeyOf(election, "too few")] } },
      ],
      ["whoever has the roll file", { looks: seen("", ...election.roll.map((line) => sighted(line))), keys: {} }],
      ["the public", { looks: seen("public", ...files.opened), keys: {} }],
    ]);
    const investigation = new Investigation(election);
    rowFor = (knowledge) => rowOf(election.votes, investigation.findings(knowledge));
  } finally {
    await people.close();
    await readers.close();
  }
});
afterAll(() => stack?.stop());

describe("docs/secrecy.md says", () => {
  test("what each role finds out, and each pair", () => {
    const alone = new Map([...known].map(([name, knowledge]) => [name, rowFor(knowledge)]));
    const names = [...known.keys()];
    const all = names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other] as const));
    const pairs = all.flatMap((pair): Pair[] => {
      const [one, other] = pair.map((name) => known.get(name));
      const rows = pair.map((name) => alone.get(name));
      if (one === undefined || other === undefined || rows[0] === undefined || rows[1] === undefined) return [];
      const [apart, both] = [eitherOf(rows[0], rows[1]), rowFor(together(one, other))];
      return areSame(apart, both) ? [] : [{ names: pair, apart, together: both }];
    });
    const tables = [tableOf(alone), pairsTableOf(pairs)].map((lines) => lines.join("\n"));
    process.stderr.write(`${tables.join("\n\n")}\n`);
    expect(TABLES).toEqual(tables);
    expect(SECTION).toContain(`The other ${all.length - pairs.length} of ${all.length} pairs`);
  });

  test("that without a pepper the roll file is worth as much as the function `roll`", () => {
    const file = knowledgeOf("whoever has the roll file");
    const without = { ...file, keys: { pepper } };
    for (const [other, choices] of [
      ["`validate`", "of persons"],
      ["auditors", "of persons (alone)"],
    ] as const) {
      expect(cellsOf(rowFor(together(file, knowledgeOf(other)))).at(-1), "with it").toMatch(/^of pseudonyms/);
      expect(cellsOf(rowFor(together(without, knowledgeOf(other)))).at(-1)).toBe(choices);
    }
  });

  test("that three are enough for everything about a sealed law", () => {
    const [trustees, roll] = [knowledgeOf("enough trustees"), knowledgeOf("`roll`")];
    for (const [third, choices] of [
      ["`validate`", "of persons"],
      ["auditors", "of persons"],
    ] as const) {
      const cells = cellsOf(rowFor(together(together(trustees, roll), knowledgeOf(third))));
      expect(cells.slice(3, 5)).toEqual([choices, choices]);
    }
  });
});

test("every role that may look somewhere has seen something", () => {
  const blind = [...known].filter(([, { looks }]) => looks.every((look) => look.length === 0));
  expect(blind.map(([name]) => name)).toEqual(["`fallback`"]);
});

/** What auditors find out if everything is as it is, and there is this of each vote as well. */
function withLeak(leak: (vote: CastVote) => string | Buffer): string[] {
  const { looks, keys } = knowledgeOf("auditors");
  const leaked = election.votes.map((vote) => sighted(leak(vote)));
  return cellsOf(rowFor({ looks: [...looks, [...(looks.at(-1) ?? []), ...leaked]], keys }));
}

const idOf = ({ requestId }: CastVote) => parseRequestId(requestId)?.id ?? Buffer.alloc(0);
const encOf = ({ envelope = "" }: CastVote) => Buffer.from(envelope, "base64url").subarray(9, 41);

describe("a leak would be found:", () => {
  test.each<[string, number, (vote: CastVote) => string | Buffer]>([
    ["a receipt with a choice", -1, (it) => JSON.stringify({ request_id: it.requestId, choice: it.choice })],
    ["a line of a log in another", -1, (it) => JSON.stringify({ line: JSON.stringify([it.requestId, it.choice]) })],
    ["a claim with a choice", -1, (it) => Buffer.concat([idOf(it), Buffer.from(` ${it.choice}`)])],
    [
      "a pseudonym in base64",
      -1,
      (it) => `${Buffer.concat([Buffer.from("x"), it.voterHash]).toString("base64")} ${it.choice}`,
    ],
    ["a hash of a person", -1, (it) => `${it.personHash.toString("hex").toUpperCase()} ${it.choice}`],
    ["an envelope", 2, (it) => `${it.envelope} ${it.requestId}`],
    [
      "the digest of an envelope",
      2,
      (it) => `${it.envelope && envelopeSha256(it.envelope).toString("hex")} ${it.requestId}`,
    ],
    ["the key of an envelope", 2, (it) => Buffer.concat([encOf(it), idOf(it)])],
    ["a NAS", 0, (it) => `${it.nas} ${it.requestId}`],
  ])("%s", (_, column, leak) => {
    expect(withLeak(leak).at(column)).toMatch(/^(yes|of pseudonyms)$/);
  });
});

function knowledgeOf(name: string): Knowledge {
  const knowledge = known.get(name);
  if (knowledge === undefined) throw new Error(`nobody is called ${name}`);
  return knowledge;
}
