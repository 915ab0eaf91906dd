import { type CastVote, FATES, type Fate, SEALINGS, type Sealing } from "./election.ts";
import type { Found } from "./infer.ts";

const WORDS: Readonly<Record<Fate, string>> = {
  "with others": "with others",
  alone: "alone",
  duplicate: "duplicates",
  "dead letter": "dead letters",
};
const HOLDERS = {
  person: "of persons",
  pseudonym: "of pseudonyms",
  request: "of request ids",
  envelope: "of envelopes",
};
const COLUMNS = [
  ...["persons who voted", "pseudonyms that voted", "whose envelope"],
  ...["choices sealed by the client", "choices sealed by `ingest`", "choices in an open law"],
] as const;
const IN_A_SEALED_LAW = "choices in a sealed law";

/** Of which votes something is known, by what became of them. */
type Extent = ReadonlySet<Fate>;

/** What is known of all votes of each sealing and fate, cell by cell. */
export interface Row {
  readonly persons: Readonly<Record<Sealing, Extent>>;
  readonly pseudonyms: Readonly<Record<Sealing, Extent>>;
  readonly envelopes: Readonly<Record<Sealing, Extent>>;
  readonly choices: Readonly<Record<Sealing, Readonly<Record<keyof typeof HOLDERS, Extent>>>>;
}

/** What somebody has found out, as a row of the table. */
export function rowOf(votes: readonly CastVote[], found: readonly Found[]): Row {
  const extent = (sealing: Sealing, knows: (one: Found) => boolean): Extent =>
    new Set(
      FATES.filter((fate) => {
        const such = votes.flatMap((vote, at) => (vote.sealing === sealing && vote.fate === fate ? [found[at]] : []));
        return such.every((one) => one !== undefined && knows(one));
      }),
    );
  const each = <T>(make: (sealing: Sealing) => T): Record<Sealing, T> => ({
    client: make("client"),
    ingest: make("ingest"),
    nobody: make("nobody"),
  });
  return {
    persons: each((sealing) => extent(sealing, (one) => one.personVoted)),
    pseudonyms: each((sealing) => extent(sealing, (one) => one.pseudonymVoted)),
    envelopes: each((sealing) => extent(sealing, (one) => one.envelope)),
    choices: each((sealing) => ({
      person: extent(sealing, ({ choice }) => choice.person),
      pseudonym: extent(sealing, ({ choice }) => choice.pseudonym),
      request: extent(sealing, ({ choice }) => choice.request),
      envelope: extent(sealing, ({ choice }) => choice.envelope),
    })),
  };
}

/** All that were counted, only some, or none. */
function words(extent: Extent): string {
  if (extent.has("with others") && extent.has("alone")) return "yes";
  return extent.size === 0
    ? "no"
    : FATES.filter((fate) => extent.has(fate))
        .map((fate) => WORDS[fate])
        .join(", ");
}

function ofAll(extents: Readonly<Record<Sealing, Extent>>, sealings: readonly Sealing[] = SEALINGS): string {
  const said = sealings.map((sealing) => words(extents[sealing]));
  return new Set(said).size === 1 ? (said[0] ?? "") : said.join(" / ");
}

/** Of the strongest kind, and of a weaker one only if it is of more votes that were counted. */
function choiceWords(choice: Row["choices"][Sealing]): string {
  const said: string[] = [];
  let most = 0;
  for (const [holder, of] of Object.entries(HOLDERS)) {
    const extent = choice[holder as keyof typeof HOLDERS];
    if (extent.size <= most || (said.length > 0 && words(extent) === "no")) continue;
    most = extent.size;
    said.push(words(extent) === "yes" ? of : `${of} (${words(extent)})`);
    if (words(extent) === "yes") break;
  }
  return said.length === 0 ? "no" : said.join("; ");
}

/** The cells of a row, after the name. */
export function cellsOf({ persons, pseudonyms, envelopes, choices }: Row): string[] {
  return [
    ofAll(persons),
    ofAll(pseudonyms),
    ofAll(envelopes, ["client", "ingest"]),
    ...SEALINGS.map((sealing) => choiceWords(choices[sealing])),
  ];
}

/**
 * The table of what each finds out alone. Those who find out the same share a row.
 *
 * @param alone what each finds out, by name
 */
export function tableOf(alone: ReadonlyMap<string, Row>): string[] {
  const names = Map.groupBy([...alone], ([, row]) => line(cellsOf(row))).entries();
  const rows = [...names].map(([cells, who]) => `| ${who.map(([name]) => name).join(", ")} ${cells}`);
  return [line(["who", ...COLUMNS]), `|${"---|".repeat(COLUMNS.length + 1)}`, ...rows];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Two who find out more together than each alone. */
export interface Pair {
  readonly names: readonly [string, string];
  /** What the one or the other finds out alone. */
  readonly apart: Row;
  readonly together: Row;
}

/**
 * The table of the pairs that find out more together. Who is in most pairs has the first column.
 *
 * @param pairs these pairs
 */
export function pairsTableOf(pairs: readonly Pair[]): string[] {
  const rank = new Map<string, number>();
  for (const name of pairs.flatMap(({ names }) => names)) rank.set(name, (rank.get(name) ?? 0) + 1);
  const rows = pairs.map(({ names: [one, other], ...pair }) => {
    const [first, second] = (rank.get(one) ?? 0) >= (rank.get(other) ?? 0) ? [one, other] : [other, one];
    return { first, second, more: moreOf(pair) };
  });
  const groups = Map.groupBy(rows, ({ first, more }) => `${first} | ${more}`);
  const sorted = [...groups.values()].sort(
    ([a], [b]) => (rank.get(b?.first ?? "") ?? 0) - (rank.get(a?.first ?? "") ?? 0),
  );
  return [
    "| who | with | finds out besides |",
    "|---|---|---|",
    ...sorted.map((group) =>
      line([group[0]?.first ?? "", group.map(({ second }) => second).join(", "), group[0]?.more ?? ""]),
    ),
  ];
}

/** The parts of cells that are new, by column; columns with the same new parts together. */
function moreOf({ apart, together }: Pick<Pair, "apart" | "together">): string {
  const before = cellsOf(apart);
  const said = cellsOf(together).flatMap((cell, at) => {
    const parts = cell.split("; ").filter((part) => !before[at]?.split("; ").includes(part));
    return parts.length === 0 ? [] : [{ column: COLUMNS[at] ?? "", parts: parts.join("; ") }];
  });
  const columns = Map.groupBy(said, ({ parts }) => parts);
  return [...columns]
    .map(([parts, some]) => {
      const named = some.map(({ column }) => column).join(" and ");
      return `${named === `${COLUMNS[3]} and ${COLUMNS[4]}` ? IN_A_SEALED_LAW : named}: ${parts}`;
    })
    .join("; ");
}

/** Whether two rows tell the same. */
export function areSame(one: Row, other: Row): boolean {
  return cellsOf(one).join() === cellsOf(other).join();
}

/** What one of two finds out, or the other. */
export function eitherOf(one: Row, other: Row): Row {
  const of = (some: Extent, more: Extent): Extent => new Set([...some, ...more]);
  const each = <T>(make: (sealing: Sealing) => T) => ({
    client: make("client"),
    ingest: make("ingest"),
    nobody: make("nobody"),
  });
  const choices = (sealing: Sealing) => {
    const [a, b] = [one.choices[sealing], other.choices[sealing]];
    return {
      person: of(a.person, b.person),
      pseudonym: of(a.pseudonym, b.pseudonym),
      request: of(a.request, b.request),
      envelope: of(a.envelope, b.envelope),
    };
  };
  return {
    persons: each((sealing) => of(one.persons[sealing], other.persons[sealing])),
    pseudonyms: each((sealing) => of(one.pseudonyms[sealing], other.pseudonyms[sealing])),
    envelopes: each((sealing) => of(one.envelopes[sealing], other.envelopes[sealing])),
    choices: each(choices),
  };
}
