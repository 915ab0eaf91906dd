import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LAW_ID_PATTERN } from "../../../shared/domain/law.ts";
import type { Turnout } from "../../../web/api/answers.ts";
import { ROOT } from "../house/house.ts";

/** What the pages write for readers of both languages, and how they keep to the language that was chosen. */

/** The address bar of a tab. */
class Address {
  href = "";
  state: unknown = null;
  go(href: string): void {
    this.href = href;
  }
  get pathname(): string {
    return new URL(this.href).pathname;
  }
  get search(): string {
    return new URL(this.href).search;
  }
  replaceState(state: unknown, _title: string, to: string): void {
    this.state = state;
    this.href = new URL(to, this.href).href;
  }
}

/** An element of a document that nobody draws. */
class FakeElement {
  readonly attributes = new Map<string, string>();
  readonly children: (FakeElement | string)[] = [];
  readonly tag: string;
  constructor(tag: string) {
    this.tag = tag;
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  append(...children: (FakeElement | string)[]): void {
    this.children.push(...children);
  }
  get text(): string {
    return this.children.map((child) => (typeof child === "string" ? child : child.text)).join("");
  }
}

/** What is tried of the pages' modules. They are written for browsers, whose types the compiler does not know here. */
interface Modules {
  readonly "parts/format": Readonly<Record<"dayAndTime" | "dayOf", (instant: string) => string>> & {
    period(from: string, until: string): string;
  };
  readonly "parts/language": {
    keepLanguage(): void;
    language(): string;
    setLanguage(chosen: "fr" | "en"): void;
  };
  readonly "api/read": Readonly<
    Record<"readLaw" | "readResult" | "readTurnout", (id: string) => Promise<{ kind: string }>>
  >;
  readonly "results/plot": { hoursPlot(hours: Turnout["hours"], width: number): unknown };
}

function load<Name extends keyof Modules>(name: Name): Promise<Modules[Name]> {
  return import(join(ROOT, `web/${name}.ts`));
}

let address: Address;
beforeEach(() => {
  address = new Address();
  vi.resetModules();
  vi.stubEnv("TZ", "America/Toronto");
  vi.stubGlobal("location", address);
  vi.stubGlobal("history", address);
  vi.stubGlobal("document", { createElementNS: (_space: string, tag: string) => new FakeElement(tag) });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

const VOTE = "https://referendum.test/vote.html?law=L1";

describe("dates", () => {
  const of = async (language: string) => {
    address.go(`${VOTE}&lang=${language}`);
    return load("parts/format");
  };

  test.each([
    ["fr", "2026-12-01T21:00:00Z", "mardi 1er décembre 2026 à 16 h 00 HNE", "1er déc."],
    ["fr", "2026-12-11T21:00:00Z", "vendredi 11 décembre 2026 à 16 h 00 HNE", "11 déc."],
    ["fr", "2026-12-02T06:05:00Z", "mercredi 2 décembre 2026 à 1 h 05 HNE", "2 déc."],
    ["en", "2026-12-01T21:00:00Z", "Tuesday, December 1, 2026 at 4:00 p.m. EST", "Dec 1"],
  ])("in %s at %s are written as its readers write them", async (language, instant, long, short) => {
    const { dayAndTime, dayOf } = await of(language);
    expect([dayAndTime(instant), dayOf(instant)].map((text) => text.replaceAll(/\s/g, " "))).toEqual([long, short]);
  });

  test.each([
    ["2026-12-01T14:00:00Z", "2026-12-01T15:00:00Z", /^1er déc\., 9 h 00 . 10 h 00$/],
    ["2026-11-30T15:00:00Z", "2026-12-01T15:00:00Z", /^30 nov\., 10 h 00 . 1er déc\., 10 h 00$/],
    // Clocks are set back in that night.
    ["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", /^1er nov\., 1 h 00 HAE – 1er nov\., 1 h 00 HNE$/],
  ])("of a period from %s until %s have the first of a month as well", async (from, until, text) => {
    const { period } = await of("fr");
    expect(period(from, until).replaceAll(/\s/g, " ")).toMatch(text);
  });
});

describe("the language in the address", () => {
  test("is the one that is shown, also where Back leads to an entry of before it was chosen", async () => {
    address.go(`${VOTE}&lang=fr`);
    const { keepLanguage, language, setLanguage } = await load("parts/language");
    setLanguage("en");
    expect(address.href).toBe(`${VOTE}&lang=en`);
    address.go(`${VOTE}&lang=fr#code=AB12CD34`);
    address.state = { step: "identify" };
    keepLanguage();
    expect([language(), address.href, address.state]).toEqual([
      "en",
      `${VOTE}&lang=en#code=AB12CD34`,
      { step: "identify" },
    ]);
  });

  test("is not written where the address leads to it anyway", async () => {
    address.go(VOTE);
    vi.stubGlobal("navigator", { languages: ["en-CA"] });
    const { keepLanguage, setLanguage } = await load("parts/language");
    keepLanguage();
    expect(address.href).toBe(VOTE);
    setLanguage("fr");
    address.go(VOTE);
    keepLanguage();
    expect(address.href).toBe(`${VOTE}&lang=fr`);
  });
});

describe("what is asked of a law", () => {
  const ask = async (id: string) => {
    address.go(VOTE);
    const fetch = vi.fn(async () => Response.json({}, { status: 503 }));
    vi.stubGlobal("fetch", fetch);
    const { readLaw, readResult, readTurnout } = await load("api/read");
    const answers = await Promise.all([readLaw, readResult, readTurnout].map((read) => read(id)));
    return {
      kinds: answers.map(({ kind }) => kind),
      asked: fetch.mock.calls.map((call: unknown[]) => String(call[0])),
    };
  };

  test.each(["", ".", "..", "../laws", "L 1", "L1/", "é", "L1?", "L".repeat(51)])(
    "is nothing where no law can have the id: %j",
    async (id) => {
      expect(await ask(id)).toEqual({ kinds: ["missing", "missing", "missing"], asked: [] });
    },
  );

  test("is asked under every id that a law can have", async () => {
    const { asked } = await ask("L2026-001.a_b");
    expect(asked).toEqual(
      ["laws", "results", "turnout"].map((what) => `https://referendum.test/api/v1/${what}/L2026-001.a_b`),
    );
    expect(readFileSync(join(ROOT, "web/api/read.ts"), "utf8")).toContain(`/${LAW_ID_PATTERN.source}/`);
  });
});

describe("the plot of the votes by hour", () => {
  const hour = (from: number, hours: number, voted: number): Turnout["hours"][number] => ({
    from: new Date(Date.UTC(2026, 10, 28, from)).toISOString(),
    until: new Date(Date.UTC(2026, 10, 28, from + hours)).toISOString(),
    voted,
  });
  const draw = async (language: string, hours: Turnout["hours"]) => {
    address.go(`${VOTE}&lang=${language}`);
    const { hoursPlot } = await load("results/plot");
    const plot: unknown = hoursPlot(hours, 600);
    if (!(plot instanceof FakeElement)) throw new TypeError("the plot is of another document");
    const texts = (tag: string) =>
      plot.children.flatMap((child) => (child instanceof FakeElement && child.tag === tag ? child : []));
    return {
      label: plot.attributes.get("aria-label"),
      texts: texts("text").map(({ text }) => text),
      tips: texts("rect").map(({ text }) => text.replaceAll(/\s/g, " ")),
    };
  };

  test.each([
    ["en", "Votes per hour", /^Bar chart of 2 periods; votes per hour in the highest: 100\. /],
    ["fr", "Votes par heure", /^Diagramme à barres de 2 périodes\s; votes par heure dans la plus haute\s: 100\. /],
  ])("says of joined hours in %s what its bars show", async (language, axis, label) => {
    // The joined hours have the most votes, and the hour beside them the most per hour.
    const drawn = await draw(language, [hour(8, 12, 500), hour(20, 1, 100)]);
    expect(drawn.texts).toContain(axis);
    expect(drawn.texts).not.toContain("500");
    expect(drawn.label).toMatch(label);
    expect(drawn.tips[0]).toMatch(/votes\s?: 500$/);
  });

  test("rounds the votes per hour", async () => {
    expect((await draw("en", [hour(8, 12, 500)])).label).toMatch(/^Bar chart of 1 period; .* highest: 41\.7\. /);
  });
});
