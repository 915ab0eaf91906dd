import { randomBytes } from "node:crypto";
import fc, { type Arbitrary } from "fast-check";
import { bodies } from "./bodies.ts";
import type { World } from "./contract.ts";
import { INJECTIONS, MARKER } from "./injections.ts";

/** A request that is HTTP, whatever it says. */
export interface HostileRequest {
  readonly method: string;
  /** Path and query as they stand on the first line, one byte a character. */
  readonly target: string;
  /** Without `host` and the body's length; one byte a character. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Buffer;
  /** Sends the body in chunks of this size, in place of its length. */
  readonly chunk?: number;
  /** Texts that no answer may repeat. */
  readonly secrets: readonly string[];
}

/** The bytes of a request. */
export function bytesOf({ method, target, headers, body, chunk }: HostileRequest): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "host: referendum",
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (body !== undefined)
    lines.push(chunk === undefined ? `content-length: ${body.length}` : "transfer-encoding: chunked");
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (body === undefined) return head;
  return Buffer.concat(chunk === undefined ? [head, body] : [head, ...chunks(body, chunk)]);
}

function chunks(body: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
  }
  return [...parts, Buffer.from("0\r\n\r\n")];
}

/** Injections that a header can hold. The others would not be HTTP; broken.ts sends those. */
const INLINE = INJECTIONS.map((text) =>
  [...Buffer.from(text).toString("latin1")]
    .filter((character) => character === "\t" || (character >= " " && character !== "\u007f"))
    .join(""),
);

type Header = readonly [string, string];

const TYPES: readonly (readonly Header[])[] = [
  ...[
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    "application/json ; charset=UTF-8",
    "application/json; charset=utf-16",
    "application/json; charset=latin1",
    "application/json, text/plain",
    "application/json; version=1",
    "application/json;",
    "application/jsonp",
    "application/vnd.api+json",
    "text/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "*/*",
    "",
    ...INLINE,
  ].map((value) => [["content-type", value] as const]),
  [],
  [["CONTENT-TYPE", "application/json"]],
  [
    ["content-type", "application/json"],
    ["content-type", "application/json"],
  ],
  [
    ["content-type", "application/json"],
    ["Content-Type", "text/plain"],
  ],
];

const KEYS: readonly (readonly Header[])[] = [
  ...["a", "x".repeat(255), "!~", "x".repeat(256), "", " ", "two words", "\u00e9", `"${MARKER}"`, ...INLINE].map(
    (value) => [["idempotency-key", value] as const],
  ),
  [
    ["idempotency-key", "one"],
    ["idempotency-key", "one"],
  ],
  [
    ["Idempotency-Key", "one"],
    ["IDEMPOTENCY-KEY", "two"],
  ],
];

const OTHERS: readonly Header[] = [
  ["__proto__", "x"],
  ["constructor", "x"],
  ["x-http-method-override", "DELETE"],
  ["x-forwarded-for", "127.0.0.1"],
  ["x-forwarded-host", `${MARKER}.example`],
  ["x-original-url", "/api/v1/health"],
  ["forwarded", `for="${MARKER}"`],
  ["authorization", `Bearer ${MARKER}`],
  ["cookie", `session=${MARKER}`],
  ["accept", "application/xml"],
  ["accept-encoding", "gzip, br"],
  ["accept-language", `${MARKER}`],
  ["content-encoding", "gzip"],
  ["content-encoding", "identity"],
  ["content-encoding", `${MARKER}`],
  ["range", "bytes=0-0"],
  ["if-match", "*"],
  ["if-none-match", `"${MARKER}"`],
  ["expect", "100-continue"],
  ["expect", `${MARKER}`],
  ["upgrade", "websocket"],
  ["te", "trailers"],
  ["x-amzn-trace-id", `Root=${MARKER}`],
  ["x-long", "x".repeat(8_000)],
  ["origin", "null"],
  ["origin", `https://${MARKER}.example`],
  ...INLINE.flatMap((value): Header[] => [
    ["user-agent", value],
    ["referer", value],
    ["origin", value],
    ["x-request-id", value],
  ]),
];

function headers(): Arbitrary<readonly Header[]> {
  const type = fc.oneof(
    { weight: 14, arbitrary: fc.constant<readonly Header[]>([["content-type", "application/json"]]) },
    { weight: 1, arbitrary: fc.constantFrom(...TYPES) },
  );
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.constant<readonly Header[]>([]) },
    { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes): readonly Header[] => {
        return [["idempotency-key", Buffer.from(bytes).toString("base64url")]];
      }),
    },
  );
  const others = fc.oneof(
    { weight: 4, arbitrary: fc.constant<readonly Header[]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom(...OTHERS), { minLength: 1, maxLength: 3 }),
    },
  );
  return fc.tuple(type, key, others).map((lists) => lists.flat());
}

const QUERIES = ["?", "?law_id=other", "?a=1&a=2&__proto__=x", "?vote=non", "?%00%ff%zz", "??#&=", `?q=${MARKER}'--`];
const queries = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(...QUERIES) },
);

/** Votes. */
export function votes(world: World): Arbitrary<HostileRequest> {
  const framing = fc.oneof(
    { weight: 15, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 16, max: 999 }) },
  );
  return fc.tuple(bodies(world), headers(), queries, framing).map(
    ([{ body, secrets }, lines, query, chunk]): HostileRequest => ({
      method: "POST",
      target: `/api/v1/vote${query}`,
      headers: lines,
      body,
      ...(chunk === undefined ? {} : { chunk }),
      secrets,
    }),
  );
}

/** Ways to write a request id that is not the one that was issued, and a few that are. */
export function receipts(world: World): Arbitrary<HostileRequest> {
  const mutations: readonly ((id: string, place: number, bit: number) => string)[] = [
    (id, place, bit) =>
      changedBytes(id, (bytes) => bytes.with(place % bytes.length, (bytes[place % bytes.length] ?? 0) ^ (1 << bit))),
    (id, place, bit) => `${id.slice(0, place % id.length)}${"AZaz09-_"[bit]}${id.slice((place % id.length) + 1)}`,
    (id, place) => id.slice(0, place % id.length),
    (id, place) => id.slice(1 + (place % (id.length - 1))),
    (id, _, bit) => `${id}${["A", "=", "==", "%00", ".", "%20", "AAAA", "%"][bit]}`,
    (id, _, bit) => changedBytes(id, (bytes) => bytes.with(0, bit * 36)),
    (id, place) =>
      changedBytes(id, (bytes) => Uint8Array.of(...bytes.subarray(0, 33), ...Buffer.from(lawOf(world, place)))),
    (id, place) =>
      changedBytes(id, (bytes) =>
        Uint8Array.of(...bytes.subarray(0, 17), ...randomish(place, 16), ...bytes.subarray(33)),
      ),
    (id, place) => changedBytes(id, (bytes) => Uint8Array.of(1, ...randomish(place, 32), ...bytes.subarray(33))),
    (id) => (id === id.toLowerCase() ? id.toUpperCase() : id.toLowerCase()),
    (id, place) => id.replace(id.charAt(place % id.length), (found) => `%${found.charCodeAt(0).toString(16)}`),
    (id) => Buffer.from(id, "base64url").toString("hex"),
    (id) => Buffer.from(id).toString("base64url"),
    (id, place) => `${id}${"A".repeat(place)}`,
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...world.issued),
      fc.nat({ max: mutations.length - 1 }),
      fc.nat({ max: 2_000 }),
      fc.nat({ max: 7 }),
    )
    .map(([id, kind, place, bit]) => mutations[kind]?.(id, place, bit) ?? id);
  const madeUp = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 84 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
    fc.uuid(),
    fc.nat().map(String),
    fc.constantFrom(...INJECTIONS).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.string({ minLength: 1, maxLength: 80 }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom("%ff%fe", "%", "%c0%80", "%2e%2e", "..", ".", "%2F", "null", "*", "A".repeat(7_000)),
  );
  const ids = fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary: madeUp });
  return fc.tuple(ids, queries).map(
    ([id, query]): HostileRequest => ({
      method: "GET",
      target: `/api/v1/votes/${id}${query}`,
      headers: [],
      secrets: [MARKER],
    }),
  );
}

function changedBytes(id: string, change: (bytes: Uint8Array) => Uint8Array): string {
  return Buffer.from(change(Buffer.from(id, "base64url"))).toString("base64url");
}

const lawOf = ({ openLaws }: World, place: number) => openLaws[place % openLaws.length] ?? "";
const NOISE = randomBytes(4_096);
const randomish = (place: number, length: number) => NOISE.subarray(place, place + length);
