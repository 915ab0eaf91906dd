import { describe, expect, it } from "vitest";
import { answerOf } from "../../../places/local/gateway/proxy-event.ts";
import { Router } from "../../../places/local/gateway/router.ts";
import { Throttles, TokenBucket } from "../../../places/local/gateway/throttle.ts";
import { GatewayResponses } from "../../../places/local/template/gateway-responses.ts";
import { readMock } from "../../../places/local/template/mock-integration.ts";

const route = (method: string, path: string, functionName: string) => ({ method, path, functionName, timeoutMs: 1000 });

describe("routes", () => {
  const router = new Router([
    route("ANY", "/", "fallback"),
    route("ANY", "/{proxy+}", "fallback"),
    route("POST", "/api/v1/vote", "ingest"),
    route("ANY", "/api/v1/vote", "fallback"),
    route("GET", "/api/v1/votes/{request_id}", "receipt"),
  ]);

  it.each([
    ["POST", "/api/v1/vote", "ingest", null],
    ["PUT", "/api/v1/vote", "fallback", null],
    ["GET", "/api/v1/votes/a%20b", "receipt", { request_id: "a b" }],
    ["GET", "/api/v1/votes/%E0%A4%A", "receipt", { request_id: "%E0%A4%A" }],
    ["GET", "/api/v1/votes/", "fallback", { proxy: "api/v1/votes" }],
    ["POST", "/api/v1/vote/", "ingest", null],
    ["GET", "/api/v1/votes/a/", "receipt", { request_id: "a" }],
    ["GET", "/api/v1/votes/a//", "fallback", { proxy: "api/v1/votes/a/" }],
    ["GET", "/api/v1/votes/a/b", "fallback", { proxy: "api/v1/votes/a/b" }],
    ["GET", "/", "fallback", null],
  ])("%s %s", (method, path, functionName, parameters) => {
    const match = router.match(method, path);
    expect(match?.route).toMatchObject({ functionName });
    expect(match?.pathParameters).toEqual(parameters);
  });

  it("has no other routes", () => {
    expect(new Router([route("GET", "/a", "x")]).match("POST", "/a")).toBeUndefined();
  });
});

describe("the throttle", () => {
  it("lets the burst through, then the rate", () => {
    let now = 0;
    const bucket = new TokenBucket(10, 3, () => now);
    const taken = () => Array.from({ length: 5 }, () => bucket.take()).filter(Boolean).length;
    expect(taken()).toBe(3);
    now = 200;
    expect(taken()).toBe(2);
    now = 60_000;
    expect(taken()).toBe(3);
  });

  it("counts a method with a separate limit apart from all others, which share one", () => {
    const throttles = new Throttles(
      [
        { method: "*", path: "/*", ratePerSecond: 10, burst: 3 },
        { method: "POST", path: "/api/v1/vote", ratePerSecond: 10, burst: 5 },
      ],
      () => 0,
    );
    const taken = (method: string, path: string) =>
      Array.from({ length: 10 }, () => throttles.take({ method, path })).filter(Boolean).length;
    expect(taken("GET", "/api/v1/results")).toBe(3);
    expect(taken("ANY", "/{proxy+}")).toBe(0);
    expect(throttles.take(undefined)).toBe(false);
    expect(taken("POST", "/api/v1/vote")).toBe(5);
  });

  it("does not limit anything if the stage has none", () => {
    expect(new Throttles([], () => 0).take({ method: "GET", path: "/" })).toBe(true);
  });
});

describe("the gateway's own answers", () => {
  const responses = new GatewayResponses([
    {
      ResponseType: "THROTTLED",
      StatusCode: 429,
      ResponseParameters: { "gatewayresponse.header.Retry-After": "'1'" },
      ResponseTemplates: { "application/json": '{"status":429}' },
    },
    { ResponseType: "DEFAULT_5XX", StatusCode: 503, ResponseParameters: {}, ResponseTemplates: {} },
  ]);

  it("have the status, headers and text of the template", () => {
    expect(responses.answer("THROTTLED")).toEqual({
      statusCode: 429,
      headers: { "content-type": "application/json", "retry-after": "1" },
      body: '{"status":429}',
    });
  });

  it("fall back to DEFAULT_5XX, then to API Gateway's defaults", () => {
    expect(responses.answer("INTEGRATION_TIMEOUT").statusCode).toBe(503);
    expect(responses.answer("RESOURCE_NOT_FOUND").statusCode).toBe(404);
  });
});

describe("a function's answer", () => {
  it("becomes HTTP", () => {
    const answer = answerOf({
      statusCode: 202,
      headers: { "X-A": 1 },
      multiValueHeaders: { "x-b": ["1", "2"] },
      body: "b",
    });
    expect(answer).toEqual({
      statusCode: 202,
      headers: { "content-type": "application/json", "x-a": "1", "x-b": ["1", "2"] },
      body: "b",
    });
  });

  it.each([null, "text", {}, { statusCode: "no" }, { statusCode: 200, body: {} }])("is malformed: %j", (value) => {
    expect(answerOf(value)).toBeUndefined();
  });
});

describe("a mock integration", () => {
  const ORIGINS =
    '#set($origin = $input.params().header.get("Origin"))\n#if($origin == "")\n  ' +
    '#set($origin = $input.params().header.get("origin"))\n#end\n#if($origin == "http://b" || $origin == "http://c")\n  ' +
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n#end";
  const mock = (template: string | undefined, header = "'http://a'") => ({
    Type: "MOCK" as const,
    RequestTemplates: { "application/json": "{ statusCode: 200 }" as const },
    IntegrationResponses: [
      {
        StatusCode: 204,
        ResponseParameters: { "method.response.header.Access-Control-Allow-Origin": header },
        ResponseTemplates: template === undefined ? {} : { "application/json": template },
      },
    ],
  });

  it("answers with its headers, and lets the origins of its template in", () => {
    const answer = readMock(mock(ORIGINS), "Options");
    const allowed = ["http://a", "http://b", "http://c", "http://d", undefined].map(
      (origin) => answer(origin).headers["access-control-allow-origin"],
    );
    expect(allowed).toEqual(["http://a", "http://b", "http://c", "http://a", "http://a"]);
    expect(answer("http://b")).toMatchObject({ statusCode: 204, body: "" });
    expect(readMock(mock(undefined), "Options")("http://b").headers["access-control-allow-origin"]).toBe("http://a");
  });

  it.each([
    ["another template", mock("#set($a = 1)")],
    ["a header that is computed", mock(undefined, "integration.response.header.X")],
    ["an origin by a pattern", mock(ORIGINS.replace('$origin == "http://b"', '$origin.matches(".*")'))],
    ["no response", { ...mock(undefined), IntegrationResponses: [] }],
  ])("is refused by name with %s", (_, integration) => {
    expect(() => readMock(integration, "Options")).toThrow(/^Options: /);
  });
});
