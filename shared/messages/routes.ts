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

/**
 * The methods of a path. HEAD is answered wherever GET is (RFC 9110 §9.3.2), and a slash at the end makes no
 * difference, as in API Gateway.
 *
 * @param path a request's path, without the gateway's stage
 * @returns the methods, empty when there is no such path
 */
export function methodsOf(path: string): string[] {
  const segments = path.replace(/(?<=.)\/$/, "").split("/");
  return ROUTES.filter((route) => {
    const pattern = route.path.split("/");
    return (
      pattern.length === segments.length &&
      pattern.every((part, index) => (part.startsWith("{") ? segments[index] !== "" : part === segments[index]))
    );
  }).flatMap((route) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
}
