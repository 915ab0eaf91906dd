import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chooseAccess, type MachineQuestions } from "../../../places/localstack/access.ts";
import { apiUrlAt, queueUrlAt } from "../../../places/localstack/api-url.ts";
import { hostSettings, toolEnvironment } from "../../../places/localstack/settings.ts";
import { composeState, readState, removeState, writeState } from "../../../places/localstack/state.ts";

const bare: MachineQuestions = {
  endpoints: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
  answers: async () => undefined,
  dockerEngine: async () => false,
  python: async () => undefined,
};
const info = { version: "4.14.0", is_docker: false };

describe("the LocalStack to use is", () => {
  test("the first that answers, before one is started", async () => {
    const machine = {
      ...bare,
      answers: async (endpoint: string) => (endpoint.endsWith(":2") ? info : undefined),
      dockerEngine: async () => true,
    };
    expect(await chooseAccess(machine)).toEqual({ kind: "answering", endpoint: "http://127.0.0.1:2", inDocker: false });
  });

  test("Docker before Python", async () => {
    const machine = { ...bare, dockerEngine: async () => true, python: async () => "python3.13" };
    expect(await chooseAccess(machine)).toEqual({ kind: "docker" });
  });

  test("Python if there is no Docker engine", async () => {
    expect(await chooseAccess({ ...bare, python: async () => "/opt/python3.13" })).toEqual({
      kind: "process",
      python: "/opt/python3.13",
    });
  });

  test("none, and the error says what to install", async () => {
    await expect(chooseAccess(bare)).rejects.toThrow(/Docker engine.*Python 3\.13/);
  });
});

describe("addresses", () => {
  test.each([
    "https://abc123.execute-api.127.0.0.1:4590/live/",
    "https://abc123.execute-api.localhost.localstack.cloud:4566/live/",
  ])("the API of %s is reached by path", (output) => {
    expect(apiUrlAt(output, "http://127.0.0.1:4566")).toBe("http://127.0.0.1:4566/_aws/execute-api/abc123/live/");
  });

  test("an address that is not an API is refused", () => {
    expect(() => apiUrlAt("https://example.org/", "http://127.0.0.1:4566")).toThrow("not the URL of an API");
  });

  test("a queue is reached at LocalStack's address from here", () => {
    const output = "http://localhost.localstack.cloud:4566/queue/us-east-1/000000000000/votes";
    expect(queueUrlAt(output, "http://docker:4566")).toBe("http://docker:4566/queue/us-east-1/000000000000/votes");
  });
});

describe("settings", () => {
  test("a LocalStack of this machine listens on loopback only", () => {
    const settings = hostSettings(4590, "/tmp/x", "/usr/bin/node");
    expect(settings).toMatchObject({ GATEWAY_LISTEN: "127.0.0.1:4590", LAMBDA_NODE: "/usr/bin/node" });
  });

  test("tools get temporary credentials and no profile", () => {
    const environment = toolEnvironment("http://127.0.0.1:4566");
    expect(environment).toMatchObject({ AWS_ACCESS_KEY_ID: "test", AWS_ENDPOINT_URL_S3: "http://127.0.0.1:4566" });
    expect(environment).not.toHaveProperty("AWS_PROFILE");
    expect(environment).not.toHaveProperty("AWS_SESSION_TOKEN");
  });
});

describe("the state of started servers", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "referendum-state-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("can be read only by its owner, until it is removed", () => {
    const state = composeState("http://127.0.0.1:4566", "answering");
    writeState(directory, state);
    expect(readState(directory)).toEqual(state);
    expect(statSync(join(directory, "state.json")).mode & 0o077).toBe(0);
    removeState(directory);
    expect(readState(directory)).toBeUndefined();
  });

  test("of another version is not used", () => {
    writeFileSync(join(directory, "state.json"), '{"endpoint":1}');
    expect(readState(directory)).toBeUndefined();
  });
});
