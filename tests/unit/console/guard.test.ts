import { describe, expect, test } from "vitest";
import { type Asked, refusalOf } from "../../../console/server/guard.ts";
import { TOKEN_HEADER } from "../../../console/state.ts";

const HOST = "127.0.0.1:4711";
const TOKEN = "a-token";
/** What the page sends. */
const OWN: Asked = {
  method: "POST",
  path: "/api/freeze",
  headers: {
    host: HOST,
    origin: `http://${HOST}`,
    "content-type": "application/json",
    "sec-fetch-site": "same-origin",
    [TOKEN_HEADER]: TOKEN,
  },
};
const statusOf = (asked: Asked) => refusalOf(asked, HOST, TOKEN)?.status;

describe("the console's server answers", () => {
  test("its own page, and files to anybody", () => {
    expect(statusOf(OWN)).toBeUndefined();
    expect(statusOf({ method: "GET", path: "/", headers: { host: HOST } })).toBeUndefined();
    expect(statusOf({ method: "HEAD", path: "/assets/x.js", headers: { host: HOST } })).toBeUndefined();
    expect(
      statusOf({ ...OWN, headers: { ...OWN.headers, "content-type": "application/json;charset=utf-8" } }),
    ).toBeUndefined();
    // Browsers of 2022 do not say from which site a request comes.
    expect(statusOf({ ...OWN, headers: { ...OWN.headers, "sec-fetch-site": undefined } })).toBeUndefined();
  });

  test.each([
    [421, { host: undefined }],
    [421, { host: "" }],
    [421, { host: "127.0.0.1" }],
    [421, { host: "localhost:4711" }],
    [421, { host: "evil.example:4711" }],
    [403, { origin: undefined }],
    [403, { origin: "null" }],
    [403, { origin: "http://evil.example" }],
    [403, { origin: "http://127.0.0.1:4712" }],
    [403, { origin: `https://${HOST}` }],
    [403, { origin: `http://${HOST}.evil.example` }],
    [403, { "sec-fetch-site": "same-site" }],
    [403, { "sec-fetch-site": "cross-site" }],
    [415, { "content-type": undefined }],
    [415, { "content-type": "text/plain;application/json" }],
    [415, { "content-type": "application/jsonp" }],
    [415, { "content-type": "application/json-seq" }],
    [415, { "content-type": "application/json+x" }],
    [401, { [TOKEN_HEADER]: undefined }],
    [401, { [TOKEN_HEADER]: "" }],
    [401, { [TOKEN_HEADER]: "a-toke" }],
    [401, { [TOKEN_HEADER]: "a-token2" }],
  ])("%i to a request that differs in %j", (status, headers) => {
    expect(statusOf({ ...OWN, headers: { ...OWN.headers, ...headers } })).toBe(status);
  });

  test.each(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])("405 to %s of what acts", (method) => {
    expect(statusOf({ ...OWN, method })).toBe(405);
  });

  test("405 to a POST of a file", () => {
    expect(statusOf({ ...OWN, path: "/" })).toBe(405);
  });
});
