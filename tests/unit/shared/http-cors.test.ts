import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { afterEach, describe, expect, it, vi } from "vitest";
import { httpHandler, json } from "../../../shared/runtime/http.ts";
import { ProblemError } from "../../../shared/runtime/problem.ts";

const nothing = async () => undefined;
const PAGE = "https://vote.example.org";

async function answerTo(origin: string, fails = false) {
  const handler = httpHandler(nothing, async () => {
    if (fails) throw new ProblemError("not-found", { detail: "nothing" });
    return json(200, {});
  });
  const event = { headers: { Origin: origin }, multiValueHeaders: {} } as Partial<APIGatewayProxyEvent>;
  return handler(event as APIGatewayProxyEvent, {} as Context);
}

describe("an answer to a web page of another origin", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("does not mention origins when none is listed", async () => {
    expect((await answerTo(PAGE)).headers).not.toHaveProperty("access-control-allow-origin");
  });

  it.each([
    ["a result", false],
    ["a problem", true],
  ])("lets a listed origin read %s", async (_, fails) => {
    vi.stubEnv("CORS_ORIGINS", `https://other.example.org ${PAGE}`);
    expect((await answerTo(PAGE, fails)).headers).toMatchObject({
      "access-control-allow-origin": PAGE,
      vary: "origin",
    });
  });

  it("does not let any other origin read it", async () => {
    vi.stubEnv("CORS_ORIGINS", PAGE);
    const { headers } = await answerTo("https://vote.example.org.evil.example");
    expect(headers).not.toHaveProperty("access-control-allow-origin");
    expect(headers).toHaveProperty("vary", "origin");
  });
});
