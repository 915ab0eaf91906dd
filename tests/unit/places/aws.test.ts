import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { accountAddress } from "../../../places/aws.ts";
import { Target } from "../../../places/target.ts";

afterEach(() => vi.unstubAllEnvs());

describe("the address of a stage in an account", () => {
  const asked: string[] = [];
  let answer: { readonly status: number; readonly body: string };
  const cloudFormation = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push(new URLSearchParams(body).get("StackName") ?? "every stack");
    response.writeHead(answer.status, { "content-type": "text/xml" }).end(answer.body);
  });

  beforeAll(() => new Promise<void>((resolve) => cloudFormation.listen(0, "127.0.0.1", resolve)));
  afterAll(() => new Promise((resolve) => cloudFormation.close(resolve)));
  beforeEach(() => {
    asked.length = 0;
    const output = "<member><OutputKey>ApiUrl</OutputKey><OutputValue>https://api.example/</OutputValue></member>";
    const stacks = `<Stacks><member><Outputs>${output}</Outputs></member></Stacks>`;
    const result = `<DescribeStacksResult>${stacks}</DescribeStacksResult>`;
    answer = { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
    const { port } = z.object({ port: z.number() }).parse(cloudFormation.address());
    vi.stubEnv("AWS_ENDPOINT_URL_CLOUDFORMATION", `http://127.0.0.1:${port}`);
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    vi.stubEnv("DATABASE_URL", "postgresql://somebody@127.0.0.1:5433/election_db");
    vi.stubEnv("REDIS_URL", "redis://127.0.0.1:6380");
  });

  it("comes from the only stack that the operators' role may describe", async () => {
    expect(await accountAddress("dev", "/nowhere")).toMatchObject({ stage: "dev", apiUrl: "https://api.example/" });
    expect(asked).toEqual(["Referendum-dev-Pipeline"]);
  });

  it("names no server of the network, and a command that would look into one is told why it cannot", async () => {
    vi.stubEnv("DATABASE_URL", "");
    vi.stubEnv("REDIS_URL", "");
    const target = new Target(await accountAddress("dev", "/nowhere"));
    expect(() => target.pool).toThrow(/PostgreSQL of stage dev is in a network that no command reaches.*DATABASE_URL/);
    expect(() => target.redis).toThrow(/Redis of stage dev is in a network that no command reaches.*REDIS_URL/);
    await target.close();
  });

  it("names the forwarded ports that tests have", async () => {
    expect(await accountAddress("dev", "/nowhere")).toMatchObject({
      postgres: { connectionString: "postgresql://somebody@127.0.0.1:5433/election_db" },
      redis: { url: "redis://127.0.0.1:6380" },
    });
  });

  it("of a stage that is not deployed is an error that says how to deploy it", async () => {
    const error = "<Code>ValidationError</Code><Message>Stack with id Referendum-dev-Pipeline does not exist</Message>";
    answer = { status: 400, body: `<ErrorResponse><Error>${error}</Error></ErrorResponse>` };
    await expect(accountAddress("dev", "/nowhere")).rejects.toThrow(/not deployed .*npx cdk deploy --all -c stage=dev/);
  });
});
