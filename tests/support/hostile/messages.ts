import { randomBytes } from "node:crypto";
import fc, { type Arbitrary } from "fast-check";
import { isLawId } from "./contract.ts";
import { INJECTIONS, MARKER } from "./injections.ts";

/** The two queues that carry votes. */
export type VoteQueue = "votes" | "outcomes";

/**
 * What SQS takes in no body (SQS API Reference, "SendMessage"), and what lies above U+FFFF, which the emulator refuses.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what SQS names.
const NOT_TAKEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/g;
const HEX = "0123456789abcdef";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEADER_BYTES = 33;

/**
 * A message that could be read but for nothing: of a voter whom no roll has, with a MAC that nobody made.
 *
 * @param queue which queue it is for
 * @param lawId its law
 */
export function strangersMessage(queue: VoteQueue, lawId: string): Record<string, unknown> {
  const id = Buffer.concat([Uint8Array.of(1), randomBytes(32), Buffer.from(lawId)]).toString("base64url");
  const common = {
    v: 1,
    request_id: id,
    law_id: lawId,
    voter_hash: randomBytes(32).toString("hex"),
    choice: randomBytes(1).readUInt8() % 2 === 0 ? "oui" : "non",
    accepted_at: new Date().toISOString(),
  };
  return queue === "votes" ? common : { ...common, outcome: "accepted" };
}

/**
 * Whether a message can be read, by what docs/architecture.md, decision 0005 and shared/messages/queue.ts say of it.
 *
 * @param queue which queue it is on
 * @param body the message
 */
export function isReadable(queue: VoteQueue, body: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return false;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const own = (name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;
  const text = (name: string): string => {
    const found = own(name);
    return typeof found === "string" ? found : "";
  };
  const law = text("law_id");
  const pepper = own("pepper_id");
  if (own("v") !== 1 && own("v") !== 2) return false;
  if (!isLawId(law) || lawInside(text("request_id")) !== law) return false;
  if (text("voter_hash").length !== 64 || ![...text("voter_hash")].every((digit) => HEX.includes(digit))) return false;
  if (!isInstant(text("accepted_at"))) return false;
  if (pepper !== undefined && (text("pepper_id").length < 1 || text("pepper_id").length > 50)) return false;
  const hasChoice = ["oui", "non"].includes(text("choice"));
  if (queue === "votes") return hasChoice;
  if (["accepted", "invalid"].includes(text("outcome"))) return hasChoice;
  return text("outcome") === "duplicate" && (own("choice") === undefined || hasChoice);
}

/** The law in a request id that is written as this system writes it. */
function lawInside(requestId: string): string | undefined {
  if (requestId.length > 112 || ![...requestId].every((character) => BASE64URL.includes(character))) return undefined;
  const bytes = Buffer.from(requestId, "base64url");
  return bytes.toString("base64url") === requestId ? bytes.subarray(HEADER_BYTES).toString("utf8") : undefined;
}

/** `2026-11-23T12:00:00Z`, with a fraction or without. */
function isInstant(text: string): boolean {
  const fraction = text.slice(19, -1);
  const isFraction =
    fraction === "" || (fraction.startsWith(".") && fraction.length > 1 && !/[^0-9]/.test(fraction.slice(1)));
  if (!text.endsWith("Z") || text.length > 35 || !isFraction) return false;
  const instant = new Date(`${text.slice(0, 19)}Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text.slice(0, 19));
}

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    3,
    -1,
    1.5,
    1e300,
    "1",
    "",
    " ",
    [],
    {},
    [1],
    { S: "oui" },
    "oui",
    "OUI",
    "maybe",
    "accepted",
    "x".repeat(51),
  ],
  ...["L'; drop table ballots", ".L", "A".repeat(51), "a".repeat(63), "A".repeat(64), "g".repeat(64), "a".repeat(65)],
  ...[
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00+01:00",
    "2026-01-01",
    "infinity",
    `2026-01-01T00:00:00.${"1".repeat(200)}Z`,
  ],
  ...["AQ", "A".repeat(60), "A".repeat(113), `${"A".repeat(59)}=`, "not_on_roll", "because"],
  ...INJECTIONS,
];
const NAMES = ["v", "request_id", "law_id", "voter_hash", "choice", "accepted_at", "outcome", "reason", "pepper_id"];

/**
 * Messages that no version of this program wrote: right ones with fields changed, text broken, and rubbish. Whatever of
 * it can be read is of a stranger.
 *
 * @param queue which queue they are for
 * @param lawId the law of those that are nearly right
 */
export function strangeMessages(queue: VoteQueue, lawId: string): Arbitrary<string> {
  const right = fc.nat({ max: 999_999_999 }).map(() => strangersMessage(queue, lawId));
  const change = fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));
  const changed = fc.tuple(right, fc.array(change, { minLength: 1, maxLength: 2 })).map(([message, list]) => {
    const result = new Map(Object.entries(message));
    for (const [kind, name, value] of list) {
      if (kind === 0) result.delete(name);
      else if (kind === 1) result.set(`${MARKER}${name}`, value);
      else result.set(name, value);
    }
    return JSON.stringify(Object.fromEntries(result));
  });
  const edit = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 9_999 }), fc.constantFrom(...'{}[]",:\\ 0aZ-_=é\n\t'));
  const edited = fc.tuple(right, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([message, list]) =>
    list.reduce((text, [kind, place, put]) => {
      const at = Math.floor((place / 10_000) * (text.length + 1));
      return `${text.slice(0, at)}${kind === 0 ? "" : put}${text.slice(kind === 1 ? at : at + 1)}`;
    }, JSON.stringify(message)),
  );
  const dressed = fc.tuple(right, fc.nat({ max: 7 })).map(([message, form]) => {
    const text = JSON.stringify(message);
    const forms = [
      text.slice(0, -2),
      `[${text}]`,
      JSON.stringify(text),
      `\ufeff${text}`,
      `${text}${text}`,
      `{"Message":${JSON.stringify(text)}}`,
      text.replace("{", '{"__proto__":{"v":1},'),
      text.replace("{", `{"${MARKER}":${"[".repeat(2_000)}${"]".repeat(2_000)},`),
    ];
    return forms[form] ?? text;
  });
  const rubbish = fc.oneof(fc.json({ maxDepth: 3 }), fc.string({ minLength: 1 }), fc.constantFrom(...INJECTIONS));
  return fc
    .oneof(
      { weight: 5, arbitrary: changed },
      { weight: 4, arbitrary: edited },
      { weight: 2, arbitrary: dressed },
      { weight: 1, arbitrary: rubbish },
    )
    .map((text) => text.replaceAll(NOT_TAKEN, "?"))
    .filter((text) => text !== "" && !waits(queue, text));
}

/** A vote with another pepper than its law's waits for a roll with that pepper; a separate test covers these. */
function waits(queue: VoteQueue, text: string): boolean {
  return queue === "votes" && isReadable(queue, text) && /"pepper_id"/.test(text);
}
