import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { findOperators } from "../../../../places/find-operators.ts";
import { listLaws } from "../../../../shared/messages/operators/laws.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly date?: Date;
}

/** A server of AWS that answers as it is told, and remembers who has asked. */
class Answering {
  answer: Answer = { status: 200, body: "" };
  readonly signatures: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.signatures.push(String(request.headers.authorization));
    request.resume().on("end", () => {
      const { status, body, date } = this.answer;
      if (date !== undefined) response.setHeader("date", date.toUTCString());
      response.writeHead(status, { "content-type": "text/xml" }).end(body);
    });
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

const cloudFormation = new Answering();
const door = new Answering();
const directory = mkdtempSync(join(tmpdir(), "login-"));

beforeAll(() => Promise.all([cloudFormation.listen(), door.listen()]));
afterAll(async () => {
  await Promise.all([cloudFormation.close(), door.close()]);
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  for (const name of ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "OFTHEENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "not a secret");
  vi.stubEnv("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudFormation.url);
  const output = (key: string, value: string) =>
    `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`;
  const outputs = output("ApiUrl", "https://api.example/") + output("OperatorsApiUrl", `${door.url}/live/`);
  const result = `<DescribeStacksResult><Stacks><member><Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult>`;
  cloudFormation.answer = { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
  door.answer = { status: 200, body: JSON.stringify({ done: true, result: { laws: [] } }) };
  for (const { signatures } of [cloudFormation, door]) signatures.length = 0;
});
afterEach(() => vi.unstubAllEnvs());

async function listed(login: { readonly region?: string; readonly profile?: string } = {}) {
  const { api } = await findOperators({ stage: "dev", data: directory, ...login });
  return api.look(listLaws, {});
}

describe("a command on a stage of an account", () => {
  test("signs as the environment says, in the region of the stage's settings", async () => {
    expect(await listed()).toEqual({ laws: [] });
    expect(cloudFormation.signatures).toEqual([
      expect.stringMatching(/OFTHEENVIRONMENT\/\d+\/ca-central-1\/cloudformation\//),
    ]);
    expect(door.signatures).toEqual([expect.stringMatching(/OFTHEENVIRONMENT\/\d+\/ca-central-1\/execute-api\//)]);
  });

  test("signs as the profile that is named, and asks the region that is named", async () => {
    const file = join(directory, "credentials");
    writeFileSync(file, "[office]\naws_access_key_id = OFTHEPROFILE\naws_secret_access_key = not a secret\n");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    await listed({ profile: "office", region: "eu-west-1" });
    for (const { signatures } of [cloudFormation, door]) {
      expect(signatures).toEqual([expect.stringMatching(/OFTHEPROFILE\/\d+\/eu-west-1\//)]);
    }
  });

  test("takes the region of the environment, unless another one is named", async () => {
    vi.stubEnv("AWS_REGION", "eu-west-3");
    await listed();
    await listed({ region: "eu-west-1" });
    expect(door.signatures.map((signature) => /\d\/([\w-]+)\/execute-api/.exec(signature)?.[1])).toEqual([
      "eu-west-3",
      "eu-west-1",
    ]);
  });
});

describe("a refusal in one sentence", () => {
  const refused = (code: string, message: string): Answer => ({
    status: 403,
    body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  });

  test("without credentials says how to log in", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    await expect(listed()).rejects.toThrow(/^There are no AWS credentials .*aws sso login.*--profile/);
    await expect(listed({ profile: "nobody" })).rejects.toThrow(/^There are no AWS credentials .*nobody/);
    expect(door.signatures).toEqual([]);
  });

  test.each([
    ["ExpiredToken", "The security token included in the request is expired", /^The AWS session has expired .*Log in/],
    ["AccessDenied", "User: arn:x is not authorized", /^This AWS role may not do that .*reader, operator or approver/],
    ["InvalidClientTokenId", "The token is invalid.", /^AWS does not accept these credentials/],
  ])("of CloudFormation: %s", async (code, message, sentence) => {
    cloudFormation.answer = refused(code, message);
    await expect(listed()).rejects.toThrow(sentence);
  });

  test.each<[string, Answer, RegExp]>([
    [
      "a wrong role",
      {
        status: 403,
        body: JSON.stringify({ Message: "User: arn:x is not authorized to perform: execute-api:Invoke" }),
      },
      /^This AWS role may not do that \(User: arn:x.*reader, operator or approver/,
    ],
    [
      "an expired session",
      { status: 403, body: JSON.stringify({ message: "The security token included in the request is expired" }) },
      /^The AWS session has expired .*aws sso login/,
    ],
    [
      "a clock that is an hour off",
      {
        status: 403,
        body: JSON.stringify({ message: "Signature not yet current: is still later than …" }),
        date: new Date(Date.now() - 3_600_000),
      },
      /^The clock of this machine is 60 minutes ahead, so that its signatures are refused/,
    ],
  ])("of the operators' API: %s", async (_, answer, sentence) => {
    door.answer = answer;
    await expect(listed()).rejects.toThrow(sentence);
    expect(door.signatures).toHaveLength(1);
  });
});
