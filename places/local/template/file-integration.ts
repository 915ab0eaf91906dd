import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { HttpAnswer } from "./gateway-responses.ts";
import type { PropertiesOf } from "./schemas.ts";

type FileProperties = Extract<PropertiesOf<"AWS::ApiGateway::Method">["Integration"], { Type: "AWS" }>;

/** Answers with a file. @param parameters those of the request's path */
export type FileAnswer = (parameters: Readonly<Record<string, string>> | null) => Promise<HttpAnswer>;

/** What S3 would say of a file, from what it was uploaded as. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const PARAMETER = "{file}";
const NOT_FOUND: HttpAnswer = { statusCode: 404, headers: { "content-type": "text/plain" }, body: "" };

/**
 * Reads an integration with S3 as `infra/constructs/pages` makes it: a key that is fixed or ends with one part of the
 * request's path, and fixed headers (API Gateway Developer Guide, "Create a REST API as an Amazon S3 proxy").
 *
 * @param integration the method's integration
 * @param buckets the folder of each bucket
 * @param where the method, for messages
 * @throws Error when it answers in another way
 */
export function readFileIntegration(
  integration: FileProperties,
  buckets: ReadonlyMap<string, string>,
  where: string,
): FileAnswer {
  const [, bucket = "", key = ""] = /:s3:path\/([^/]+)\/(.+)$/.exec(integration.Uri) ?? [];
  const folder = buckets.get(bucket);
  if (folder === undefined) throw new Error(`${where}: ${integration.Uri} is no file of a bucket of this template`);
  const found = integration.IntegrationResponses.find(({ StatusCode }) => StatusCode === 200);
  if (found === undefined) throw new Error(`${where}: an integration with S3 has an answer 200 here`);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(found.ResponseParameters)) {
    const header = /^method\.response\.header\.(.+)$/.exec(name)?.[1];
    if (header === "Content-Type") continue;
    const literal = /^'(.*)'$/s.exec(value)?.[1];
    if (header === undefined || literal === undefined) throw new Error(`${where}: ${name} is not a fixed header`);
    headers[header.toLowerCase()] = literal;
  }
  return async (parameters) => {
    const named = parameters?.["file"] ?? "";
    // A decoded part of a path may hold anything, also a way out of the folder.
    if (key.includes(PARAMETER) && (named === "" || basename(named) !== named || named.startsWith(".")))
      return NOT_FOUND;
    const name = key.replace(PARAMETER, named);
    try {
      const body = await readFile(join(folder, name));
      return { statusCode: 200, headers: { ...headers, "content-type": TYPES[extname(name)] ?? "text/plain" }, body };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return NOT_FOUND;
      throw error;
    }
  };
}
