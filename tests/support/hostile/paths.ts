import fc, { type Arbitrary } from "fast-check";
import type { World } from "./contract.ts";
import { INJECTIONS, MARKER } from "./injections.ts";
import type { HostileRequest } from "./requests.ts";

const METHODS = [
  ..."GET GET GET GET POST PUT PATCH DELETE OPTIONS HEAD TRACE".split(" "),
  ..."PROPFIND MKCOL MOVE LOCK SEARCH M-SEARCH PURGE LINK REPORT QUERY".split(" "),
];
const BASES = [
  "",
  "/",
  "/api",
  "/api/v1",
  "/api/v1/vote",
  "/api/v1/votes",
  "/api/v1/results",
  "/api/v2/vote",
  "/live/api/v1/vote",
];
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
const ENDINGS = [
  ...["", "/", "//", "/.", "/..", "/../health", "/%2e%2e/health", "/%2e%2e%2fhealth", "/%00", "%00", ";a=b", "/a/b/c"],
  ...[
    "%2f",
    "%5c",
    "\\",
    "/%",
    "/%zz",
    "/%ff",
    "/%c0%ae%c0%ae",
    "#x",
    "/~root",
    "/*",
    "/{proxy+}",
    "/{law_id}",
    "/__proto__",
  ],
  ...[
    "/constructor",
    "/toString",
    "/null",
    "/undefined",
    "/L2025-001%0a",
    "/%20",
    "/L%E2%80%8B",
    `/${"A".repeat(2_047)}`,
  ],
  ...[
    `/${"A".repeat(2_049)}`,
    `/${"%C3%A9".repeat(1_000)}`,
    `/${"%F0%9F%98%80".repeat(600)}`,
    "/".repeat(3_000),
    "/a".repeat(3_000),
  ],
  ...INJECTIONS.map((text) => `/${encoded(text)}`),
];
const QUERIES = [
  "",
  "",
  "?",
  "?a",
  "?%00",
  `?${MARKER}=%27--`,
  "?law_id=x&law_id=y",
  "?__proto__[x]=1",
  `?${"q=1&".repeat(1_500)}`,
];

/** Every method on every kind of path, those that there are and those that there are not. */
export function paths(world: World): Arbitrary<HostileRequest> {
  const laws = [...world.openLaws, ...world.otherLaws];
  const lawPaths = laws.flatMap((lawId) => [
    ...["", "/", "%20", "%09", "%00", "%C2%A0", ".", "/x", "'--", "%0a", "%E2%80%8B", "#"].map(
      (end) => `/api/v1/results/${lawId}${end}`,
    ),
    `/api/v1/results/%20${lawId}`,
    `/api/v1/results/${lawId.toUpperCase()}x`,
    `/api/v1/results/%${lawId.charCodeAt(0).toString(16)}${lawId.slice(1)}`,
    `//api/v1/results/${lawId}`,
    `/api//v1/results/${lawId}`,
    `/api/v1/./results/${lawId}`,
    `/API/V1/RESULTS/${lawId}`,
    `http://127.0.0.1/api/v1/results/${lawId}`,
  ]);
  const made = fc.tuple(fc.constantFrom(...BASES), fc.constantFrom(...ENDINGS)).map(([base, end]) => `${base}${end}`);
  const path = fc.oneof(
    { weight: 6, arbitrary: made },
    { weight: 2, arbitrary: fc.constantFrom(...lawPaths) },
    { weight: 1, arbitrary: fc.webPath() },
    { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 60 }).map((text) => `/api/v1/${encoded(text)}`) },
  );
  return fc
    .tuple(fc.constantFrom(...METHODS), path, fc.constantFrom(...QUERIES), fc.boolean())
    .map(([method, target, query, withBody]): HostileRequest => {
      const body = withBody && method !== "GET" ? { body: Buffer.from(`{"${MARKER}":1}`) } : {};
      // A request line has a path, and asks `GET /` for none.
      const written = target.startsWith("/") || target.startsWith("http") ? target : `/${target}`;
      return { method, target: `${written}${query}`, headers: [], secrets: [MARKER], ...body };
    });
}
