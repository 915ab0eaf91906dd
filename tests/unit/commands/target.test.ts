import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findTestTarget } from "../../../commands/test/target.ts";

let server: Server;
let endpoint = "";
let status = 200;

beforeEach(async () => {
  status = 200;
  server = createServer((_request, response) =>
    response.writeHead(status).end('{"version":"4.14.0","is_docker":false}'),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  endpoint = typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "";
});
afterEach(() => {
  server.close();
});

describe("where the integration suite runs", () => {
  test("TARGET=local wins over everything", async () => {
    expect(await findTestTarget({ TARGET: "local", AWS_ENDPOINT_URL: endpoint })).toEqual({ kind: "local" });
  });

  test("on LocalStack when it answers at AWS_ENDPOINT_URL", async () => {
    expect(await findTestTarget({ AWS_ENDPOINT_URL: endpoint })).toEqual({ kind: "localstack", endpoint });
  });

  test("fails if a requested LocalStack does not answer", async () => {
    status = 500;
    await expect(findTestTarget({ AWS_ENDPOINT_URL: endpoint })).rejects.toThrow("does not answer");
    await expect(findTestTarget({ TARGET: "localstack", AWS_ENDPOINT_URL: endpoint })).rejects.toThrow(
      "does not answer",
    );
  });

  test("not on another program that answers at the endpoint", async () => {
    await expect(findTestTarget({ AWS_ENDPOINT_URL: `${endpoint}/other` })).resolves.toMatchObject({
      kind: "localstack",
    });
    server.removeAllListeners("request").on("request", (_request, response) => response.end("<html></html>"));
    await expect(findTestTarget({ AWS_ENDPOINT_URL: endpoint })).rejects.toThrow("does not answer");
  });

  test("in an AWS account only on request", async () => {
    expect(await findTestTarget({ TARGET: "aws", AWS_ENDPOINT_URL: endpoint })).toEqual({ kind: "aws", stage: "dev" });
    await expect(findTestTarget({ TARGET: "aws", STAGE: "moon" })).rejects.toThrow('STAGE is "moon"');
  });

  test("refuses a target it does not know", async () => {
    await expect(findTestTarget({ TARGET: "moon" })).rejects.toThrow('TARGET is "moon"');
  });
});
