import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { accountAddress, accountDatabase } from "../../../places/aws.ts";

afterEach(() => vi.unstubAllEnvs());

describe("an operator's connection to the database of an account", () => {
  const outputs = { DatabaseHost: "db.example", DatabaseName: "election_db" };

  it("is that of the operators' role, by a token of IAM and with TLS, and never the administrator's", () => {
    vi.stubEnv("DATABASE_URL", "");
    const config = accountDatabase(outputs, "ca-central-1");
    expect(config).toMatchObject({ host: "db.example", port: 5432, user: "referendum_operator" });
    expect(config.password).toBeTypeOf("function");
    expect(config.ssl).toBeTypeOf("object");
  });

  it("is the address in DATABASE_URL, through a forwarded port", () => {
    vi.stubEnv("DATABASE_URL", "postgresql://somebody@127.0.0.1:5433/election_db");
    expect(accountDatabase(outputs, "ca-central-1")).toEqual({
      connectionString: "postgresql://somebody@127.0.0.1:5433/election_db",
    });
  });
});

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
    const { port } = z.object({ port: z.number() }).parse(cloudFormation.address());
    vi.stubEnv("AWS_ENDPOINT_URL_CLOUDFORMATION", `http://127.0.0.1:${port}`);
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    vi.stubEnv("DATABASE_URL", "postgresql://somebody@127.0.0.1:5433/election_db");
    vi.stubEnv("REDIS_URL", "redis://127.0.0.1:6380");
  });

  it("comes from the only stack that the operators' role may describe", async () => {
    const output = "<member><OutputKey>ApiUrl</OutputKey><OutputValue>https://api.example/</OutputValue></member>";
    const stacks = `<Stacks><member><Outputs>${output}</Outputs></member></Stacks>`;
    const result = `<DescribeStacksResult>${stacks}</DescribeStacksResult>`;
    answer = { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
    expect(await accountAddress("dev", "/nowhere")).toMatchObject({ stage: "dev", apiUrl: "https://api.example/" });
    expect(asked).toEqual(["Referendum-dev-Pipeline"]);
  });

  it("leaves the password of Redis to the first command that asks Redis", async () => {
    vi.stubEnv("REDIS_URL", "");
    const output = (key: string, value: string) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`;
    const outputs = output("ApiUrl", "https://api.example/") + output("RedisHost", "cache.example");
    const result = `<DescribeStacksResult><Stacks><member><Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult>`;
    answer = { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
    // Without a secret to be read: a command that needs it says so, and no other command does.
    const { redis } = await accountAddress("dev", "/nowhere");
    expect(redis).toMatchObject({ url: "rediss://cache.example:6379", login: { username: "operator" } });
    await expect(redis.login?.readPassword()).rejects.toThrow(/no output RedisAuthSecretArn; deploy it again/);
  });

  it("of a stage that is not deployed is an error that says how to deploy it", async () => {
    const error = "<Code>ValidationError</Code><Message>Stack with id Referendum-dev-Pipeline does not exist</Message>";
    answer = { status: 400, body: `<ErrorResponse><Error>${error}</Error></ErrorResponse>` };
    await expect(accountAddress("dev", "/nowhere")).rejects.toThrow(/not deployed .*npx cdk deploy --all -c stage=dev/);
  });
});
