import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { en } from "../../../console/page/texts/en.ts";
import { fr } from "../../../console/page/texts/fr.ts";
import { OPERATORS_STATES } from "../../../shared/domain/law-life.ts";
import { ACTS } from "../../../shared/messages/operators/acts.ts";
import { JournalEntry, Proposal } from "../../../shared/messages/operators/journal.ts";
import { ROOT } from "../house/house.ts";

/** Every text with its name; a text with gaps is filled with marks. */
function textsOf(value: unknown, name = ""): [string, string][] {
  if (typeof value === "string") return [[name, value]];
  if (typeof value === "function") return [[name, String(value("¤", "¤", "¤", "¤"))]];
  return Object.entries(z.record(z.string(), z.unknown()).parse(value)).flatMap(([key, one]) =>
    textsOf(one, name === "" ? key : `${name}.${key}`),
  );
}

const ENGLISH = new Map(textsOf(en));
const FRENCH = new Map(textsOf(fr));
/** Words that are the same in both languages, and formulas. */
const SAME = ["queues.votes", "journal.heading", "decide.options", "alarms.heading", "fields.at"];

describe("the texts of the console", () => {
  test("are there in both languages, and none is empty", () => {
    expect([...FRENCH.keys()]).toEqual([...ENGLISH.keys()]);
    for (const [name, text] of [...ENGLISH, ...FRENCH]) expect(text.trim(), name).not.toBe("");
  });

  test("are translated", () => {
    const untouched = [...FRENCH].filter(([name, text]) => ENGLISH.get(name) === text && !SAME.includes(name));
    expect(untouched).toEqual([]);
  });

  test("have the same gaps to be filled", () => {
    const gaps = (text: string | undefined) => text?.split("¤").length;
    const wrong = [...FRENCH].filter(([name, text]) => gaps(text) !== gaps(ENGLISH.get(name)));
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test("in French have a no-break space where one belongs, and no straight apostrophe", () => {
    // A command has a blank before its dashes, and none before a colon.
    expect([...FRENCH].filter(([, text]) => / [:;?!»%]|« |'/.test(text))).toEqual([]);
    expect([...FRENCH].filter(([, text]) => /[^\u00a0\s][:;?!](?:\s|$)/.test(text))).toEqual([]);
  });

  test("are used, every one of them", () => {
    const source = globSync("console/page/*.ts", { cwd: ROOT })
      .map((file) => readFileSync(join(ROOT, file), "utf8"))
      .join("\n");
    // Acts, fields, states and problems are looked up by the stage's own words.
    const looked =
      /^(?:acts|fields|values|problems|commands|lawFacts\.results|laws\.states|decide\.states|alarms\.states|journal\.phases|attention\.pausedBy|flow|queues)\./;
    const unused = [...ENGLISH.keys()].filter(
      (name) => !new RegExp(`\\.${name.split(".").at(-1)}\\b`).test(source) && !looked.test(name),
    );
    expect(unused).toEqual([]);
  });
});

describe("the console has a word for", () => {
  test("every act that the journal keeps", () => {
    const kept = Object.values(ACTS).filter(({ group }) => group === "acts" || group === "rolls");
    expect(Object.keys(en.acts).sort()).toEqual(kept.map(({ name }) => name).sort());
  });

  test("every field of a request that two people must want", () => {
    const fields = Object.values(ACTS)
      .filter(({ people }) => people === 2)
      .flatMap(({ request }) => Object.keys(z.looseObject({ shape: z.looseObject({}) }).parse(request).shape));
    expect(Object.keys(en.fields).sort()).toEqual([...new Set(fields)].filter((name) => name !== "law_id").sort());
  });

  test("every state of a law and a proposal, and every phase of an entry", () => {
    expect(Object.keys(en.laws.states).sort()).toEqual([...OPERATORS_STATES].sort());
    expect(Object.keys(en.decide.states).sort()).toEqual([...Proposal.shape.state.options].sort());
    expect(Object.keys(en.journal.phases).sort()).toEqual([...JournalEntry.shape.phase.options].sort());
  });
});
