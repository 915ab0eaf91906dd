import { describe, expect, it } from "vitest";
import { STAGE_NAMES } from "../../infra/stages.ts";
import { LOG_FILE_PATHS, ROUTES } from "../../shared/messages/routes.ts";
import {
  at,
  functionNamed,
  listAt,
  ofApi,
  type Synthesized,
  synthesize,
  textAt,
  theOnlyOfApi,
} from "./support/synth.ts";

/** Path → method → the logical id of the function that answers. */
function methodsOf(synthesized: Synthesized): Map<string, Map<string, string>> {
  const resources = ofApi(synthesized, "voters", "AWS::ApiGateway::Resource");
  const pathOf = (id: unknown): string => {
    const resource = resources.find((it) => it.logicalId === id);
    return resource === undefined
      ? ""
      : `${pathOf(at(resource.properties, "ParentId", "Ref"))}/${textAt(resource.properties, "PathPart")}`;
  };
  const paths = new Map<string, Map<string, string>>([["", new Map()]]);
  for (const resource of resources) paths.set(pathOf(resource.logicalId), new Map());
  for (const method of ofApi(synthesized, "voters", "AWS::ApiGateway::Method")) {
    const path = pathOf(at(method.properties, "ResourceId", "Ref"));
    paths
      .get(path)
      ?.set(textAt(method.properties, "HttpMethod"), JSON.stringify(at(method.properties, "Integration", "Uri")));
  }
  return paths;
}

describe.each(STAGE_NAMES)("the API of stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const { settings } = synthesized;
  const onAws = settings.aws !== undefined;
  const methods = methodsOf(synthesized);
  const targetOf = (name: string) => {
    const { logicalId } = functionNamed(synthesized, name);
    const alias = synthesized.resources.find(
      (it) => it.type === "AWS::Lambda::Alias" && at(it.properties, "FunctionName", "Ref") === logicalId,
    );
    return alias?.logicalId ?? logicalId;
  };

  it.each(ROUTES)("$method $path goes to $function", (route) => {
    expect(methods.get(route.path)?.get(route.method)).toContain(targetOf(route.function));
  });

  it("has no other methods than the routes', HEAD and ANY", () => {
    const real = [...methods].flatMap(([path, byMethod]) =>
      // Paths of the voters' pages, which local stages have beside the API: tests/infra/pages.test.ts.
      !path.startsWith("/api/") && path !== "/{proxy+}"
        ? []
        : [...byMethod.keys()].filter((method) => method !== "ANY").map((method) => `${method} ${path}`),
    );
    const files = LOG_FILE_PATHS.flatMap((path) => [`GET ${path}`, `HEAD ${path}`]);
    const routes = ROUTES.flatMap(({ method, path }) => [
      `${method} ${path}`,
      ...(method === "GET" ? [`HEAD ${path}`] : []),
    ]);
    expect(real.sort()).toEqual([...routes, ...files].sort());
  });

  it("answers HEAD where it answers GET, by the same function", () => {
    for (const byMethod of methods.values()) expect(byMethod.get("HEAD")).toEqual(byMethod.get("GET"));
  });

  it("answers every path and every method", () => {
    expect([...methods.keys()]).toContain("/{proxy+}");
    for (const [path, byMethod] of methods) expect(byMethod.get("ANY"), path).toContain(targetOf("fallback"));
  });

  it("passes every request whole to its function", () => {
    for (const method of ofApi(synthesized, "voters", "AWS::ApiGateway::Method")) {
      // A file of a bucket.
      if (at(method.properties, "Integration", "Type") === "AWS") continue;
      expect(at(method.properties, "Integration", "Type")).toBe("AWS_PROXY");
    }
  });

  it("throttles votes apart from everything else as the settings say, and traces no bodies", () => {
    const { throttleRate, throttleBurst, readRate, readBurst } = settings.api;
    const methods = listAt(theOnlyOfApi(synthesized, "voters", "AWS::ApiGateway::Stage").properties, "MethodSettings");
    const limits = methods.map((setting) => [
      `${String(at(setting, "HttpMethod"))} ${String(at(setting, "ResourcePath"))}`,
      at(setting, "ThrottlingRateLimit"),
      at(setting, "ThrottlingBurstLimit"),
    ]);
    expect(limits).toEqual([
      ["* /*", readRate, readBurst],
      ["POST /~1api~1v1~1vote", throttleRate, throttleBurst],
    ]);
    for (const setting of methods) expect(at(setting, "DataTraceEnabled") ?? false).toBe(false);
  });

  it("answers as problem+json, in static text, when no function answers", () => {
    for (const response of ofApi(synthesized, "voters", "AWS::ApiGateway::GatewayResponse")) {
      const headers = at(response.properties, "ResponseParameters");
      expect(at(headers, "gatewayresponse.header.Content-Type")).toBe("'application/problem+json'");
      const template = textAt(response.properties, "ResponseTemplates", "application/json");
      expect(template).not.toMatch(/[$#]/);
      const status = response.properties["StatusCode"];
      const body: unknown = JSON.parse(template);
      expect(textAt(body, "title")).not.toBe("");
      if (status !== undefined) expect(String(at(body, "status"))).toBe(status);
    }
  });

  it.each([
    ["THROTTLED", "429"],
    ["QUOTA_EXCEEDED", "429"],
    ["INTEGRATION_FAILURE", "503"],
    ["INTEGRATION_TIMEOUT", "503"],
    ["DEFAULT_5XX", "503"],
  ])("answers %s with %s and says when to come back", (type, status) => {
    const response = ofApi(synthesized, "voters", "AWS::ApiGateway::GatewayResponse").find(
      (it) => it.properties["ResponseType"] === type,
    );
    expect(response?.properties["StatusCode"]).toBe(status);
    expect(at(response?.properties, "ResponseParameters", "gatewayresponse.header.Retry-After")).toBe(
      `'${settings.api.retryAfterSeconds}'`,
    );
  });

  it.each([
    ["MISSING_AUTHENTICATION_TOKEN", "404"],
    ["REQUEST_TOO_LARGE", "413"],
    ["UNSUPPORTED_MEDIA_TYPE", "415"],
  ])("answers %s with %s", (type, status) => {
    const response = ofApi(synthesized, "voters", "AWS::ApiGateway::GatewayResponse").find(
      (it) => it.properties["ResponseType"] === type,
    );
    expect(response?.properties["StatusCode"]).toBe(status);
  });

  if (onAws)
    it("logs access without bodies, addresses, headers or request ids", () => {
      const format = textAt(
        theOnlyOfApi(synthesized, "voters", "AWS::ApiGateway::Stage").properties,
        "AccessLogSetting",
        "Format",
      );
      const variables = Object.values(JSON.parse(format)).map(String);
      for (const variable of variables) {
        expect(variable).not.toMatch(/identity|context\.path$|body|header|querystring|authorizer/i);
      }
    });

  if (onAws)
    it("takes TLS 1.2 and 1.3 only", () => {
      expect(theOnlyOfApi(synthesized, "voters", "AWS::ApiGateway::RestApi").properties).toMatchObject({
        SecurityPolicy: "SecurityPolicy_TLS13_1_2_PQ_2025_09",
        EndpointAccessMode: "STRICT",
        EndpointConfiguration: { Types: ["REGIONAL"] },
      });
    });
});

describe("web pages of other origins", () => {
  it("may call the API only when a setting names them", () => {
    const synthesized = synthesize("local", { api: { corsOrigins: ["https://vote.example.org"] } });
    const preflight = ofApi(synthesized, "voters", "AWS::ApiGateway::Method").filter(
      (method) => method.properties["HttpMethod"] === "OPTIONS",
    );
    expect(JSON.stringify(preflight[0]?.properties)).toContain("https://vote.example.org");
    expect(functionNamed(synthesized, "ingest").properties).toMatchObject({
      Environment: { Variables: { CORS_ORIGINS: "https://vote.example.org" } },
    });
  });
});
