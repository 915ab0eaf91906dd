import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { afterEach, expect, test, vi } from "vitest";
import { httpHandler } from "../../../shared/runtime/http.ts";
import { log } from "../../../shared/runtime/log.ts";

afterEach(() => vi.restoreAllMocks());

test("a 503 logs its cause, and no part of the request", async () => {
  const logged = vi.spyOn(log, "error").mockImplementation(() => undefined);
  const cause = Object.assign(new Error("Could not resolve credentials using profile: [nobody]"), {
    name: "CredentialsProviderError",
    $metadata: { body: "123456782" },
  });
  const handler = httpHandler(
    async () => undefined,
    async () => {
      throw cause;
    },
  );
  const event: Partial<APIGatewayProxyEvent> = { headers: {}, multiValueHeaders: {}, body: '{"nas":"123456782"}' };
  const { statusCode, body } = await handler(event as APIGatewayProxyEvent, {} as Context);
  expect(statusCode).toBe(503);
  expect(body).not.toContain("profile");
  expect(logged.mock.calls).toEqual([
    ["the request could not be answered", { cause: { name: cause.name, message: cause.message } }],
  ]);
});
