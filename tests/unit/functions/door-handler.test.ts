import type { APIGatewayProxyEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { type HandlerServices, handle } from "../../../functions/door/handler.ts";

const MOST = 4 * 2 ** 20;
// A body is looked at before anything that other services would do.
const services = {
  identify: () => ({ name: "anna", identity: "claimed", isPinned: true }),
} as unknown as HandlerServices;

function answerTo(body: string) {
  return handle({ path: "/v1/looks/list-laws", body } as APIGatewayProxyEvent, services, []);
}

test("a request of more than 4 MB is refused for its size, and one of exactly 4 MB is read", async () => {
  await expect(answerTo(" ".repeat(MOST + 1))).rejects.toThrow("body-too-large: A request has at most 4 MB.");
  await expect(answerTo(" ".repeat(MOST))).rejects.toThrow("malformed-request: The body is not JSON.");
});
