import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { HttpAnswer } from "./gateway-responses.ts";
import type { PropertiesOf } from "./schemas.ts";

type FileProperties = Extract<PropertiesOf<"AWS::ApiGateway::Method">["Integration"], { Type: "AWS" }>;

/** Answers with a file. @param path the request's path as it was sent @param parameters those of that path */
export type FileAnswer = (path: string, parameters: Readonly<Record<string, string>> | null) => Promise<HttpAnswer>;

/** Reads an object of a bucket; undefined when there is none. */
export type BucketReader = (key: string) => Promise<Uint8Array | undefined>;

/** What S3 would say of a file, from what it was uploaded as. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".ndjson": "application/x-ndjson",
  ".svg": "image/svg+xml",
};
const TEXT = "text/plain; charset=utf-8";
const BYTES = "application/octet-stream";
const SOURCE = /^integration\.request\.path\.(\w+)$/;
/** What S3 says of a file that is not there, and in which form (S3 API Reference, "Error responses"). */
const MISSING = { status: "404", type: "application/xml" } as const;
/** A part of a key: never a way out of a folder. */
const PART = /^\w[\w.-]{0,199}$/;
/** The mapping template that asks for another file where a path has a certain part. */
const OTHER_FILE =
  /^#if\(\$context\.path\.contains\("([\w./-]+)"\)\)#set\(\$context\.requestOverride\.path\.file = "([\w.-]+)"\)#end$/;

/**
 * The files of a folder as a bucket.
 *
 * @param folder the folder
 */
export function filesOf(folder: string): BucketReader {
  return async (key) => {
    try {
      return await readFile(join(folder, key));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  };
}

/**
 * Reads an integration with S3 as `infra/constructs` makes it: a key with fixed names or with parts of the request's
 * path, a template that may ask for another file, and fixed headers (API Gateway Developer Guide, "Create a REST API as
 * an Amazon S3 proxy", "Use a mapping template to override an API's request parameters").
 *
 * @param integration the method's integration
 * @param buckets what reads each bucket
 * @param where the method, for messages
 * @throws Error when it answers in another way
 */
export function readFileIntegration(
  integration: FileProperties,
  buckets: ReadonlyMap<string, BucketReader>,
  where: string,
): FileAnswer {
  const [, bucket = "", key = ""] = /:s3:path\/([^/]+)\/(.+)$/.exec(integration.Uri) ?? [];
  const read = buckets.get(bucket);
  if (read === undefined) throw new Error(`${where}: ${integration.Uri} is no file of a bucket of this template`);
  const keyOf = readKey(key, integration, where);
  const { status, headers, isBinary } = answerOf(
    integration,
    ({ SelectionPattern }) => SelectionPattern === undefined,
    where,
  );
  const missing = answerOf(
    integration,
    ({ SelectionPattern }) => new RegExp(`^(?:${SelectionPattern ?? "(?!)"})$`).test(MISSING.status),
    where,
  );
  const notFound: HttpAnswer = { statusCode: missing.status, headers: missing.headers, body: missing.template };
  return async (path, parameters) => {
    const named = keyOf(path, parameters);
    // A decoded part of a path may hold anything: a way out of the folder, a null character, a name too long for one.
    const found = named.split("/").every((part) => PART.test(part)) ? await read(named) : undefined;
    if (found === undefined) return notFound;
    const type = isBinary ? BYTES : (TYPES[extname(named)] ?? TEXT);
    return { statusCode: status, headers: { ...headers, "content-type": type }, body: Buffer.from(found) };
  };
}

/** Makes a key of a request: parts of its path in the places that name them, or what the template puts there. */
function readKey(
  key: string,
  { RequestParameters, RequestTemplates }: FileProperties,
  where: string,
): (...request: Parameters<FileAnswer>) => string {
  const sources = Object.entries(RequestParameters).map(([target, source]) => {
    const [, name] = SOURCE.exec(target) ?? [];
    const [, fixed, parameter] = /^(?:'(.*)'|method\.request\.path\.(\w+))$/.exec(source) ?? [];
    if (name !== undefined && (fixed ?? parameter) !== undefined) return { name, fixed, parameter };
    throw new Error(`${where}: a file is named by fixed names or by parts of the path here, not by ${source}`);
  });
  const unnamed = [...key.matchAll(/\{(\w+)\}/g)].filter(([, name]) => !sources.some((source) => source.name === name));
  if (unnamed.length > 0) throw new Error(`${where}: nothing says what ${unnamed[0]?.[0]} stands for`);
  const template = RequestTemplates["application/json"];
  const [, part, other] = OTHER_FILE.exec(template ?? "") ?? [];
  if (template !== undefined && part === undefined) throw new Error(`${where}: this template cannot be run here`);
  return (path, parameters) => {
    if (part !== undefined && path.includes(part)) return key.replace("{file}", () => other ?? "");
    return sources.reduce(
      (made, { name, fixed, parameter = "" }) =>
        made.replace(`{${name}}`, () => fixed ?? parameters?.[parameter] ?? ""),
      key,
    );
  };
}

type Response = FileProperties["IntegrationResponses"][number];

/** The answer that an integration gives in a case, with its fixed headers. */
interface FixedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly template: string;
  readonly isBinary: boolean;
}

function answerOf(
  { IntegrationResponses }: FileProperties,
  isCase: (response: Response) => boolean,
  where: string,
): FixedAnswer {
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
  return {
    status: response.StatusCode,
    headers,
    template: response.ResponseTemplates[MISSING.type] ?? "",
    isBinary: response.ContentHandling === "CONVERT_TO_BINARY",
  };
}
