/** The API's paths, their methods, and the functions that answer. */
export const ROUTES = [
  { method: "POST", path: "/api/v1/vote", function: "ingest" },
  { method: "GET", path: "/api/v1/votes/{request_id}", function: "receipt" },
  { method: "GET", path: "/api/v1/results", function: "results" },
  { method: "GET", path: "/api/v1/results/{law_id}", function: "results" },
  { method: "GET", path: "/api/v1/turnout/{law_id}", function: "results" },
  { method: "GET", path: "/api/v1/laws", function: "laws" },
  { method: "GET", path: "/api/v1/laws/{law_id}", function: "laws" },
  { method: "GET", path: "/api/v1/health", function: "health" },
  { method: "GET", path: "/api/v1/openapi.json", function: "fallback" },
] as const;

/** The paths of public logs, which are files: tiles, which are bytes, and everything else, which is text. */
export const LOG_FILE_PATHS = ["/api/v1/log/{law_id}/tile/{proxy+}", "/api/v1/log/{law_id}/{proxy+}"] as const;

/** Whether a path has the form of one of the API. A part such as `{proxy+}` is one or more parts. */
function hasForm(path: string, form: string): boolean {
  const [parts, names] = [path.split("/"), form.split("/")];
  const isGreedy = names.at(-1)?.endsWith("+}") === true;
  if (isGreedy ? parts.length < names.length : parts.length !== names.length) return false;
  return names.every((name, at) => (name.startsWith("{") ? parts[at] !== "" : name === parts[at]));
}

/**
 * The methods of a path. HEAD is answered wherever GET is (RFC 9110 §9.3.2), and a slash at the end makes no
 * difference, as in API Gateway.
 *
 * @param path a request's path, without the gateway's stage
 * @returns the methods, empty when there is no such path
 */
export function methodsOf(path: string): string[] {
  const asked = path.replace(/(?<=.)\/$/, "");
  if (LOG_FILE_PATHS.some((form) => hasForm(asked, form))) return ["GET", "HEAD"];
  return ROUTES.filter((route) => hasForm(asked, route.path)).flatMap((route) =>
    route.method === "GET" ? ["GET", "HEAD"] : [route.method],
  );
}
