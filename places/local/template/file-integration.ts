import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { HttpAnswer } from "./gateway-responses.ts";
import type { PropertiesOf } from "./schemas.ts";

type FileProperties = Extract<PropertiesOf<"AWS::ApiGateway::Method">["Integration"], { Type: "AWS" }>;

/** Answers with a file. @param path the request's path as it was sent @param parameters those of that path */
export type FileAnswer = (path: string, parameters: Readonly<Record<string, string>> | null) => Promise<HttpAnswer>;

/** What S3 would say of a file, from what it was uploaded as. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const PARAMETER = "{file}";
/** What S3 says of a file that is not there, and in which form (S3 API Reference, "Error responses"). */
const MISSING = { status: "404", type: "application/xml" } as const;
const FILE_NAME = /^\w[\w.-]{0,199}$/;
/** The mapping template that asks for another file where a path has a certain part. */
const OTHER_FILE =
  /^#if\(\$context\.path\.contains\("([\w./-]+)"\)\)#set\(\$context\.requestOverride\.path\.file = "([\w.-]+)"\)#end$/;

/**
 * Reads an integration with S3 as `infra/constructs/pages` makes it: a key that ends with a fixed name or with one part
 * of the request's path, a template that may ask for another file, and fixed headers (API Gateway Developer Guide,
 * "Create a REST API as an Amazon S3 proxy", "Use a mapping template to override an API's request parameters").
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
  const nameOf = readName(integration, where);
  const { status, headers } = answerOf(integration, ({ SelectionPattern }) => SelectionPattern === undefined, where);
  const missing = answerOf(
    integration,
    ({ SelectionPattern }) => new RegExp(`^(?:${SelectionPattern ?? "(?!)"})$`).test(MISSING.status),
    where,
  );
  const notFound: HttpAnswer = { statusCode: missing.status, headers: missing.headers, body: missing.template };
  return async (path, parameters) => {
    const named = nameOf(path, parameters);
    // A decoded part of a path may hold anything: a way out of the folder, a null character, a name too long for one.
    if (!FILE_NAME.test(named)) return notFound;
    const name = key.replace(PARAMETER, named);
    try {
      const body = await readFile(join(folder, name));
      return {
        statusCode: status,
        headers: { ...headers, "content-type": TYPES[extname(name)] ?? "text/plain" },
        body,
      };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return notFound;
      throw error;
    }
  };
}

/** What stands for the parameter in a key: a fixed name or a part of the path, or what the template puts there. */
function readName(
  { RequestParameters, RequestTemplates }: FileProperties,
  where: string,
): (...request: Parameters<FileAnswer>) => string {
  const source = RequestParameters["integration.request.path.file"] ?? "";
  const [, fixed] = /^'(.*)'$/.exec(source) ?? [];
  if (fixed === undefined && source !== "method.request.path.file")
    throw new Error(`${where}: a file is named by a fixed name or by one part of the path here, not by ${source}`);
  const template = RequestTemplates["application/json"];
  const [, part, other] = OTHER_FILE.exec(template ?? "") ?? [];
  if (template !== undefined && part === undefined) throw new Error(`${where}: this template cannot be run here`);
  return (path, parameters) =>
    part !== undefined && path.includes(part) ? (other ?? "") : (fixed ?? parameters?.["file"] ?? "");
}

type Response = FileProperties["IntegrationResponses"][number];

/** The answer that an integration gives in a case, with its fixed headers. */
function answerOf(
  { IntegrationResponses }: FileProperties,
  isCase: (response: Response) => boolean,
  where: string,
): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly template: string } {
  const response = IntegrationResponses.find(isCase);
  if (response === undefined) throw new Error(`${where}: an integration with S3 answers with a file and with 404 here`);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.ResponseParameters)) {
    if (value === "integration.response.header.Content-Type") continue;
    const header = /^method\.response\.header\.(.+)$/.exec(name)?.[1];
    const literal = /^'(.*)'$/s.exec(value)?.[1];
    if (header === undefined || literal === undefined) throw new Error(`${where}: ${name} is not a fixed header`);
    headers[header.toLowerCase()] = literal;
  }
  return { status: response.StatusCode, headers, template: response.ResponseTemplates[MISSING.type] ?? "" };
}
