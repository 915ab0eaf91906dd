import type { HttpAnswer } from "./gateway-responses.ts";
import type { PropertiesOf } from "./schemas.ts";

type MockProperties = Extract<PropertiesOf<"AWS::ApiGateway::Method">["Integration"], { Type: "MOCK" }>;

/** Answers a request without a function. @param origin the request's Origin header */
export type MockAnswer = (origin: string | undefined) => HttpAnswer;

/** The template that the CDK writes for more than one origin: it replaces the first one by the request's, if listed. */
const OTHER_ORIGINS = new RegExp(
  [
    /^#set\(\$origin = \$input\.params\(\)\.header\.get\("Origin"\)\)\s+/,
    /#if\(\$origin == ""\)\s+#set\(\$origin = \$input\.params\(\)\.header\.get\("origin"\)\)\s+#end\s+/,
    /#if\((?<condition>.+)\)\s+/,
    /#set\(\$context\.responseOverride\.header\.Access-Control-Allow-Origin = \$origin\)\s+#end$/,
  ]
    .map(({ source }) => source)
    .join(""),
);

/**
 * Reads a MOCK integration as the CDK makes it for a CORS preflight: fixed headers, and at most one template that lets
 * further origins in (API Gateway Developer Guide, "Mock integrations").
 *
 * @param integration the method's integration
 * @param where the method, for messages
 * @throws Error when it has another form
 */
export function readMock(integration: MockProperties, where: string): MockAnswer {
  const [response, ...others] = integration.IntegrationResponses;
  if (response === undefined || others.length > 0) throw new Error(`${where}: a mock has one response here`);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.ResponseParameters)) {
    const header = /^method\.response\.header\.(.+)$/.exec(name)?.[1];
    const literal = /^'(.*)'$/s.exec(value)?.[1];
    if (header === undefined || literal === undefined) throw new Error(`${where}: ${name} is not a fixed header`);
    headers[header.toLowerCase()] = literal;
  }
  const listed = otherOrigins(response.ResponseTemplates["application/json"], where);
  return (origin) => ({
    statusCode: response.StatusCode,
    headers:
      origin !== undefined && listed.has(origin) ? { ...headers, "access-control-allow-origin": origin } : headers,
    body: "",
  });
}

function otherOrigins(template: string | undefined, where: string): ReadonlySet<string> {
  if (template === undefined) return new Set();
  const condition = OTHER_ORIGINS.exec(template)?.groups?.["condition"];
  if (condition === undefined) throw new Error(`${where}: this template of a mock's response cannot be run here`);
  return new Set(
    condition.split(" || ").map((test) => {
      const origin = /^\$origin == "([^"]+)"$/.exec(test)?.[1];
      if (origin === undefined) throw new Error(`${where}: an origin of a mock is compared by == only`);
      return origin;
    }),
  );
}
