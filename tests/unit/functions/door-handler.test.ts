import type { APIGatewayProxyEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { doorHandler, type HandlerServices, handle } from "../../../functions/door/handler.ts";
import type { DoorAct } from "../../../operations/door/services.ts";
import { Busy } from "../../../shared/domain/refusal.ts";
import { ProblemError } from "../../../shared/runtime/problem.ts";
import { aContext } from "../../support/factories.ts";

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

test("somebody else at work on the same thing is 503 with Retry-After, as a problem that says who", async () => {
  const detail = "Another process is changing the roll of L1.";
  const act: DoorAct = {
    name: "count-rolls",
    group: "roll-looks",
    people: 1,
    read: () => {
      throw new Busy(detail);
    },
  };
  const body = JSON.stringify({ run: "11111111-1111-4111-8111-111111111111", request: {} });
  const event = { path: "/v1/roll-looks/count-rolls", body } as APIGatewayProxyEvent;
  const error = await handle(event, services, [act]).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw error;
  expect(error.result).toMatchObject({
    statusCode: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1" },
  });
  expect(JSON.parse(error.result.body)).toMatchObject({ code: "busy", detail });
});

test("an event of a schedule is no request: the function does what it does on its schedule, or says that it has none", async () => {
  const called: unknown[] = [];
  const event = { source: "aws.events" } as const;
  const scheduled = doorHandler([], {}, async (built) => {
    called.push(typeof built);
  });
  expect(await scheduled(event, aContext())).toBeNull();
  expect(called).toEqual(["function"]);
  await expect(doorHandler([], {})(event, aContext())).rejects.toThrow("this function has no schedule");
});
