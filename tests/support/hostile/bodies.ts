import { gzipSync } from "node:zlib";
import fc, { type Arbitrary } from "fast-check";
import { LARGEST_BODY, type World } from "./contract.ts";
import { INJECTIONS, MARKER } from "./injections.ts";

/** A body, and the parts of it that must not be repeated. */
export interface HostileBody {
  readonly body: Buffer;
  readonly secrets: readonly string[];
}

/** A vote that is right, in one of the many ways in which it may be written. */
interface Ballot {
  readonly nas: string;
  readonly code: string;
  readonly members: readonly (readonly [string, string])[];
  readonly space: string;
}

const FIELDS = ["nas", "code", "law_id", "vote"];

/** A voter's choice is fixed, so that it does not matter which of several votes comes first. */
export const choiceOf = (voterIndex: number): "oui" | "non" => (voterIndex % 2 === 0 ? "oui" : "non");

function ballots(world: World): Arbitrary<Ballot> {
  const law = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...world.openLaws) },
    { weight: 1, arbitrary: fc.constantFrom(...world.otherLaws) },
  );
  const voter = fc.nat({ max: world.voters.length - 1 });
  const order = fc.shuffledSubarray(FIELDS, { minLength: FIELDS.length });
  const look = fc.record({
    gaps: fc.nat({ max: 0x1ff }),
    gap: fc.constantFrom(" ", "-", " - ", "\u00a0", "\u202f", "\u2013", "\u2010", "\u200b"),
    blank: fc.constantFrom("", "", " ", "\t", " \t "),
    escaped: fc.nat({ max: 15 }),
    space: fc.constantFrom("", "", " ", "\n\t", "\r\n"),
  });
  return fc.tuple(voter, law, order, look).map(([index, lawId, names, { gaps, gap, blank, escaped, space }]) => {
    const { nas = "", code = "" } = world.voters[index] ?? {};
    const spaced = [...nas].map((digit, at) => (gaps & (1 << at) && gaps % 3 === 0 ? gap + digit : digit)).join("");
    const values = [spaced, `${blank}${code}${blank}`, `${blank}${lawId}${blank}`, choiceOf(index)];
    // Every fourth is written in escapes, which JSON says are the same characters.
    const write = (text: string) => (escaped === 0 ? escapedJson(text) : JSON.stringify(text));
    const members = names.map((name) => [write(name), write(values[FIELDS.indexOf(name)] ?? "")] as const);
    return { nas, code, members, space };
  });
}

function escapedJson(text: string): string {
  return `"${[...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
}

function textOf({ members, space }: Pick<Ballot, "members" | "space">): string {
  return `{${members.map(([name, value]) => `${space}${name}${space}:${space}${value}`).join(`${space},`)}${space}}`;
}

/** JSON of every type, even in forms that no program would write. */
const STRANGE_JSON = [
  "null",
  "true",
  "0",
  "-0",
  "1e400",
  "123456789",
  "123456789.0",
  "1".repeat(400),
  "[]",
  "{}",
  '[["oui"]]',
  '{"$ne":""}',
  '{"toString":"oui"}',
  '{"length":9}',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '""',
  '" "',
  '"-- -"',
  '"12345678"',
  '"1234567890"',
  '"１２３４５６７８９"',
  '"123456789\\n"',
  '"OUI"',
  '"oui "',
  '"ou\\u0131"',
  '"ABC12"',
  `"${"A".repeat(33)}"`,
  '".L"',
  `"${MARKER}-Law"`,
  `"${"L".repeat(51)}"`,
  '"L\\u00a0"',
  "nul",
  "NaN",
  "0x10",
  "01",
  "'oui'",
  '"\\x41"',
  '"\t"',
  "[".repeat(3000) + "]".repeat(3000),
  `${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`,
];
const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "extra",
  "NAS",
  "vote ",
  "",
  "law_id\u0000",
  "0",
  "toJSON",
  ...INJECTIONS,
];

const strangeJson = fc.oneof(
  fc.constantFrom(...STRANGE_JSON),
  fc.constantFrom(...INJECTIONS).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text)),
);

type Change = (ballot: Ballot) => readonly (readonly [string, string])[];

const at = (members: Ballot["members"], index: number) => index % Math.max(1, members.length);

const changes: Arbitrary<Change> = fc
  .tuple(fc.nat({ max: 7 }), fc.nat({ max: 3 }), strangeJson, fc.constantFrom(...NAMES))
  .map(([kind, index, value, name]): Change => {
    const replaced = (other: (ballot: Ballot) => string): Change => {
      return (ballot) =>
        ballot.members.map((one, n) => (n === at(ballot.members, index) ? [one[0], other(ballot)] : one));
    };
    switch (kind) {
      case 0:
        return ({ members }) => members.filter((_, n) => n !== at(members, index));
      case 1:
        return ({ members }) => [...members, [JSON.stringify(name), value]];
      case 2: // A field twice, with the same value or another.
        return ({ members }) => [...members, ...members.slice(at(members, index), at(members, index) + 1)];
      case 3:
        return ({ members }) => [[members[at(members, index)]?.[0] ?? '""', value], ...members];
      case 4: // A secret where another field should be.
        return replaced(({ code, nas }) => JSON.stringify(index % 2 === 0 ? code : nas));
      case 5: // A secret as the name of a field.
        return ({ members, code, nas }) => [...members, [JSON.stringify(index % 2 === 0 ? code : nas), value]];
      default:
        return replaced(() => value);
    }
  });

const changed = (world: World) =>
  fc.tuple(ballots(world), fc.array(changes, { minLength: 1, maxLength: 3 })).map(([ballot, list]): Written => {
    const members = list.reduce((now, change) => change({ ...ballot, members: now }), ballot.members);
    return { ballot, body: Buffer.from(textOf({ ...ballot, members })) };
  });

interface Written {
  readonly ballot: Ballot;
  readonly body: Buffer;
}

const whole = (world: World) =>
  ballots(world).map((ballot): Written => ({ ballot, body: Buffer.from(textOf(ballot)) }));

/** Bytes put in, taken out, overwritten or flipped at some places. */
const NASTY_BYTES = [
  "00",
  "ff",
  "c080",
  "eda080",
  "efbbbf",
  "f8888080",
  "22",
  "5c",
  "7b",
  "7d",
  "2c",
  "0a",
  "e282",
  "31",
];
const edits = fc.array(
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 9999 }), fc.constantFrom(...NASTY_BYTES), fc.nat(7)),
  {
    minLength: 1,
    maxLength: 3,
  },
);

const edited = (world: World) =>
  fc.tuple(whole(world), edits).map(([{ ballot, body }, list]): Written => {
    const result = list.reduce((now, [kind, place, hex, bit]) => {
      const index = Math.floor((place / 10_000) * (now.length + 1));
      const [before, after] = [now.subarray(0, index), now.subarray(index)];
      if (kind === 0) return Buffer.concat([before, Buffer.from(hex, "hex"), after]);
      if (kind === 1) return Buffer.concat([before, after.subarray(1 + bit)]);
      if (kind === 2) return bit === 0 ? before : Buffer.concat([before, Buffer.from(hex, "hex"), after.subarray(1)]);
      return Buffer.concat([before, after.subarray(0, 1).map((byte) => byte ^ (1 << bit)), after.subarray(1)]);
    }, body);
    return { ballot, body: result };
  });

/** Around the largest body that is read. */
const sized = (world: World) =>
  fc
    .tuple(whole(world), fc.integer({ min: -2, max: 2 }), fc.constantFrom("after", "before", "within", "rubbish"))
    .map(([{ ballot, body }, off, place]): Written => {
      const more = Buffer.alloc(LARGEST_BODY + off - body.length, place === "rubbish" ? 0xff : " ");
      const parts = { after: [body, more], before: [more, body], rubbish: [body, more] };
      const within = [body.subarray(0, 1), more, body.subarray(1)];
      return { ballot, body: Buffer.concat(place === "within" ? within : parts[place]) };
    });

/** A vote in a form that is not the one agreed upon. */
const dressed = (world: World) =>
  fc.tuple(whole(world), fc.nat({ max: 10 })).map(([{ ballot, body }, form]): Written => {
    const { nas, code } = ballot;
    const forms = [
      () => `nas=${nas}&code=${code}&law_id=${world.openLaws[0]}&vote=oui`,
      () => gzipSync(body, { level: 1 }),
      () => `\ufeff${body}`,
      () => Buffer.from(`\ufeff${body}`, "utf16le"),
      () => `[${body}]`,
      () => JSON.stringify(String(body)),
      () => `${body}${body}`,
      () => `<vote><nas>${nas}</nas><code>${code}</code></vote>`,
      () => `--x\r\nContent-Disposition: form-data; name="nas"\r\n\r\n${nas}\r\n--x--`,
      () => `/**/${body}//`,
      () => Buffer.concat([body, Buffer.alloc(60_000, " ")]),
    ];
    return { ballot, body: Buffer.from(forms[form]?.() ?? "") };
  });

const rubbish = fc
  .oneof(
    fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...STRANGE_JSON, ...INJECTIONS).map((text) => Buffer.from(text)),
  )
  .map((body): HostileBody => ({ body, secrets: [MARKER] }));

/**
 * Bodies of votes: right ones in every way of writing, right ones with something wrong, and rubbish.
 *
 * @param world whose laws and voters they name
 */
export function bodies(world: World): Arbitrary<HostileBody> {
  const votes = fc
    .oneof(
      { weight: 3, arbitrary: whole(world) },
      { weight: 8, arbitrary: changed(world) },
      { weight: 7, arbitrary: edited(world) },
      { weight: 1, arbitrary: sized(world) },
      { weight: 2, arbitrary: dressed(world) },
    )
    .map(({ ballot, body }): HostileBody => ({ body, secrets: [ballot.nas, ballot.code, MARKER] }));
  return fc.oneof({ weight: 8, arbitrary: votes }, { weight: 1, arbitrary: rubbish });
}
