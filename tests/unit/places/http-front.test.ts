import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HttpFront } from "../../../places/local/gateway/http-front.ts";
import { choosePorts } from "../../../places/local/ports.ts";
import { GatewayResponses } from "../../../places/local/template/gateway-responses.ts";
import { Wire } from "../../support/hostile/wire.ts";

const PROBLEM = '{"title":"Malformed request","status":400}';
const malformed = {
  ResponseType: "BAD_REQUEST_PARAMETERS",
  StatusCode: 400,
  ResponseParameters: {
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
    "gatewayresponse.header.Cache-Control": "'no-store'",
  },
  ResponseTemplates: { "application/json": PROBLEM },
};
const routes = [{ method: "ANY", path: "/{proxy+}", functionName: "any", timeoutMs: 1_000 }];

let front: HttpFront;
let wire: Wire;
let events: unknown[] = [];
beforeAll(async () => {
  const stack = { routes, throttles: [], gatewayResponses: new GatewayResponses([malformed]) };
  front = new HttpFront(stack, {
    invoke: async (_, event) => {
      events.push(event);
      return { kind: "returned", value: { statusCode: 200, body: "ok" } };
    },
  });
  const { api: port } = await choosePorts(0);
  await front.listen(port);
  wire = new Wire(`http://127.0.0.1:${port}`);
});
beforeEach(() => {
  events = [];
});
afterAll(async () => {
  wire?.close();
  await front?.close(1_000);
});

describe("a request that Node or its parser would refuse is answered by a problem, with its headers", () => {
  test.each([
    ["without a host", "GET /a HTTP/1.1\r\n\r\n"],
    ["for a tunnel", "CONNECT example:443 HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["that is no HTTP", "*1\r\n$8\r\nFLUSHALL\r\n"],
    ["with headers that are too long", `GET /a HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(40_000)}\r\n\r\n`],
    [
      "of two lengths",
      "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["whose body does not come", "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n1"],
  ])("a request %s", async (_, text) => {
    const { answers } = await wire.sendAll(Buffer.from(text));
    expect(answers.map(({ status, body }) => [status, body])).toEqual([[400, PROBLEM]]);
    expect(answers[0]?.headers.get("content-type")).toEqual(["application/problem+json"]);
    expect(answers[0]?.headers.get("cache-control")).toEqual(["no-store"]);
    expect(events).toEqual([]);
  });
});

describe("a function gets", () => {
  test.each(["100-continue", "200-maybe"])("a request that expects %s", async (expectation) => {
    const text = `POST /a HTTP/1.1\r\nhost: x\r\nexpect: ${expectation}\r\ncontent-length: 2\r\n\r\n{}`;
    const answer = await wire.ask(Buffer.from(text));
    expect([answer.status, answer.body]).toEqual([200, "ok"]);
    expect(events).toMatchObject([{ body: "{}" }]);
  });

  test("each value of a query, even if a name is repeated", async () => {
    const query = `a=1&b=2&a=3&__proto__=4&${"q=1&".repeat(3_000)}`;
    await wire.ask(Buffer.from(`GET /a?${query} HTTP/1.1\r\nhost: x\r\n\r\n`));
    const many = Array.from({ length: 3_000 }, () => "1");
    expect(events).toMatchObject([
      { queryStringParameters: { a: "3", b: "2" }, multiValueQueryStringParameters: { a: ["1", "3"], q: many } },
    ]);
    expect(JSON.stringify(events)).toContain('"__proto__":["4"]');
  });

  test("a long query without delay, because each name is read once", async () => {
    const [short, long] = ["q&".repeat(100), "q&".repeat(7_000)];
    const millisecondsOf = async (query: string) => {
      const startedAt = performance.now();
      await wire.ask(Buffer.from(`GET /a?${query} HTTP/1.1\r\nhost: x\r\n\r\n`));
      return performance.now() - startedAt;
    };
    await millisecondsOf(short);
    // By pairs it would be 49 million look-ups, which take seconds.
    expect(await millisecondsOf(long)).toBeLessThan(500);
  });
});
