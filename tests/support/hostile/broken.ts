import fc, { type Arbitrary } from "fast-check";
import { choiceOf } from "./bodies.ts";
import type { ReadVote, World } from "./contract.ts";
import { INJECTIONS, MARKER } from "./injections.ts";

/** Bytes that are not quite HTTP, or more than one request. */
export interface BrokenBytes {
  readonly bytes: Buffer;
  /** The vote inside; only noise can by chance have made its frame a right one. */
  readonly vote: ReadVote;
  readonly isNoisy: boolean;
  readonly secrets: readonly string[];
}

const HOST = "host: referendum";
const JSON_TYPE = "content-type: application/json";

/** Frames of a vote that say something untrue of themselves: none of them carries a whole vote that may be accepted. */
const FRAMES: readonly ((body: string) => string)[] = [
  // Too long a length, so that the end never comes; too short a one, so that half a vote is the body.
  (body) => post([`content-length: ${body.length + 1}`], body),
  (body) => post([`content-length: ${body.length + 100_000}`], body),
  (body) => post([`content-length: ${body.length - 5}`], body),
  (body) => post(["content-length: 0"], body),
  (body) => post(["content-length: -1"], body),
  (body) => post(["content-length: 0x80"], body),
  (body) => post([`content-length: ${body.length}, ${body.length}`], body),
  (body) => post([`content-length: ${"9".repeat(30)}`], body),
  (body) => post([`content-length: ${body.length}`, `content-length: ${body.length - 5}`], body),
  (body) => post([], body),
  // Length and chunks at once, as smugglers send them.
  (body) => post([`content-length: ${body.length}`, "transfer-encoding: chunked"], `0\r\n\r\n${body}`),
  (body) => post(["transfer-encoding: chunked", `content-length: ${body.length}`], chunk(body)),
  (body) => post(["transfer-encoding: chunked, identity"], chunk(body)),
  (body) => post(["transfer-encoding: xchunked"], chunk(body)),
  (body) => post(["transfer-encoding: chunked"], `zz\r\n${body}\r\n0\r\n\r\n`),
  (body) => post(["transfer-encoding: chunked"], `${"f".repeat(17)}\r\n${body}\r\n0\r\n\r\n`),
  (body) => post(["transfer-encoding: chunked"], `${body.length.toString(16)}\r\n${body}`),
  (body) => post(["transfer-encoding: chunked"], body),
  // Lines that are not header lines.
  (body) => post(["no colon", `content-length: ${body.length}`], body),
  (body) => post([": no name", `content-length: ${body.length}`], body),
  (body) => post(["a b: blank in the name", `content-length: ${body.length}`], body),
  (body) => post([`x: ${MARKER}\u0000`, `content-length: ${body.length}`], body),
  (body) => post([`x: ${MARKER}\rinjected: 1`, `content-length: ${body.length}`], body),
  (body) => post([`x: ${"x".repeat(40_000)}`, `content-length: ${body.length}`], body),
  (body) => post([...Array.from({ length: 3_000 }, (_, n) => `x-${n}: ${n}`), `content-length: ${body.length}`], body),
  // First lines.
  (body) => `POST /api/v1/vote HTTP/9.9\r\n${HOST}\r\n${JSON_TYPE}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  (body) => `POST /api/v1/vote\r\n${body}`,
  (body) => `POST /api/v1/vote HTTP/1.1\r\n${JSON_TYPE}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  (body) => `${MARKER} /api/v1/vote HTTP/1.1\r\n${HOST}\r\n\r\n${body}`,
  (body) => `POST /api/v1/vote?x=a b HTTP/1.1\r\n${HOST}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  () => `CONNECT ${MARKER}.example:443 HTTP/1.1\r\n${HOST}\r\n\r\n`,
  () => `OPTIONS * HTTP/1.1\r\n${HOST}\r\n\r\n`,
  () => `GET /${"a".repeat(70_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
  () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
  () => "*1\r\n$8\r\nFLUSHALL\r\n",
];

function post(lines: readonly string[], body: string): string {
  return `POST /api/v1/vote HTTP/1.1\r\n${[HOST, JSON_TYPE, ...lines].join("\r\n")}\r\n\r\n${body}`;
}

function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** How many different frames there are. */
export const FRAME_COUNT = FRAMES.length;

/**
 * Requests that say something untrue of themselves, around a vote that would be right; and such with a few bytes
 * changed.
 *
 * @param world whose laws and voters they name
 */
export function brokenBytes(world: World): Arbitrary<BrokenBytes> {
  const voter = fc.nat({ max: world.voters.length - 1 });
  const noise = fc.option(
    fc.tuple(fc.nat({ max: 200 }), fc.constantFrom("\u0000", "\n", "\r", "\u00ff", ...INJECTIONS)),
    { freq: 3 },
  );
  return fc.tuple(fc.constantFrom(...FRAMES), voter, noise).map(([frame, index, change]): BrokenBytes => {
    const { nas = "", code = "" } = world.voters[index] ?? {};
    const [lawId = ""] = world.openLaws;
    const vote = { nas, code, lawId, choice: choiceOf(index) };
    const framed = Buffer.from(frame(JSON.stringify({ nas, code, law_id: lawId, vote: vote.choice })), "latin1");
    const secrets = [nas, code, MARKER];
    if (change === null) return { bytes: framed, vote, isNoisy: false, secrets };
    const [place, put] = change;
    // Within the first line and the headers, where no length becomes a true one.
    const at = place % Math.max(1, framed.indexOf("\r\n\r\n"));
    const bytes = Buffer.concat([framed.subarray(0, at), Buffer.from(put), framed.subarray(at)]);
    return { bytes, vote, isNoisy: true, secrets };
  });
}
