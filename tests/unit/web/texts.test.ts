import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PublicLaw, Receipt } from "../../../shared/messages/responses.ts";
import { VoteRequest } from "../../../shared/messages/vote-request.ts";
import { en } from "../../../web/texts/en.ts";
import { fr } from "../../../web/texts/fr.ts";
import { textsOf } from "../../support/pages/texts.ts";
import { ROOT } from "../house/house.ts";

const ENGLISH = new Map(textsOf(en));
const FRENCH = new Map(textsOf(fr));
/** Words that are the same in both languages. */
const SAME = ["menu", "check.code", "results.total", "results.votes", "results.shareText"];

describe("the texts of the pages", () => {
  test("are there in both languages, and none is empty", () => {
    expect([...FRENCH.keys()]).toEqual([...ENGLISH.keys()]);
    expect(ENGLISH.size).toBeGreaterThan(100);
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
    expect([...FRENCH].filter(([, text]) => / [:;?!»]|« |'/.test(text))).toEqual([]);
    expect([...FRENCH].filter(([, text]) => /[^\u00a0\s][:;?!](?:\s|$)/.test(text))).toEqual([]);
  });

  test("are used, every one of them", () => {
    const source = globSync("web/{api,pages,parts,tab,vote,receipt,results}/*.ts", { cwd: ROOT })
      .map((file) => readFileSync(join(ROOT, file), "utf8"))
      .join("\n");
    // Statuses, states and what cannot be read are looked up by the API's own words.
    const unused = [...ENGLISH.keys()].filter((name) => {
      const last = name.split(".").at(-1) ?? "";
      return !new RegExp(`\\.${last}\\b`).test(source) && !/^(?:receipt\.statuses|results\.progress)\./.test(name);
    });
    expect(unused.filter((name) => !["receipt.busy", "receipt.away", "receipt.offline"].includes(name))).toEqual([]);
  });
});

describe("the pages know all that the API can say", () => {
  test("of a receipt", () => {
    expect(Object.keys(en.receipt.statuses).sort()).toEqual([...Receipt.shape.status.options].sort());
  });

  test("of a law", () => {
    const source = readFileSync(join(ROOT, "web/parts/window.ts"), "utf8");
    for (const state of PublicLaw.shape.state.options) expect(source).toContain(`case "${state}":`);
    expect(Object.keys(en.results.progress).sort()).toEqual([...PublicLaw.shape.state.options].sort());
  });

  test("and ask for what it asks for: nine digits, 6 to 32 letters and digits", () => {
    const source = readFileSync(join(ROOT, "web/vote/identify.ts"), "utf8");
    expect(source).toContain("/^\\d{9}$/");
    expect(source).toContain("/^[A-Za-z0-9]{6,32}$/");
    const { nas, code } = VoteRequest.shape;
    expect([nas.safeParse("123456789").success, nas.safeParse("12345678").success]).toEqual([true, false]);
    expect([6, 32, 5, 33].map((length) => code.safeParse("A".repeat(length)).success)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
