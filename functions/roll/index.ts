import { httpHandler } from "../../shared/runtime/http.ts";

/** The handler of the operators' API that loads and rebuilds rolls. */
export const handler = httpHandler(
  async () => undefined,
  async () => ({
    statusCode: 501,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({ type: "about:blank", title: "Not implemented", status: 501, code: "not_implemented" }),
  }),
);
