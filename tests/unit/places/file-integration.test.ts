import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesOf, readFileIntegration } from "../../../places/local/template/file-integration.ts";

type Integration = Parameters<typeof readFileIntegration>[0];

const PROBLEM = '{"status":404}';
const INTEGRATION = {
  Type: "AWS",
  IntegrationHttpMethod: "GET",
  Uri: "arn:aws:apigateway:ca-central-1:s3:path/pages/assets/{file}",
  RequestParameters: { "integration.request.path.file": "method.request.path.file" },
  RequestTemplates: {},
  IntegrationResponses: [
    {
      StatusCode: 200,
      ResponseParameters: {
        "method.response.header.Content-Type": "integration.response.header.Content-Type",
        "method.response.header.Cache-Control": "'public'",
      },
      ResponseTemplates: {},
    },
    {
      StatusCode: 404,
      SelectionPattern: "4\\d{2}",
      ResponseParameters: { "method.response.header.Content-Type": "'application/problem+json'" },
      ResponseTemplates: { "application/xml": PROBLEM },
    },
  ],
} satisfies Integration;
/** Of a page, which is at one address only. */
const PAGE = {
  ...INTEGRATION,
  Uri: "arn:aws:apigateway:ca-central-1:s3:path/pages/{file}",
  RequestParameters: { "integration.request.path.file": "'page.html'" },
  RequestTemplates: {
    "application/json":
      '#if($context.path.contains("page.html/"))#set($context.requestOverride.path.file = "none")#end',
  },
} satisfies Integration;

describe("a file of a bucket, as the template answers with it", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "referendum-bucket-"));
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "assets/page.js"), "1");
    writeFileSync(join(folder, "secret.js"), "2");
    writeFileSync(join(folder, "page.html"), "3");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const read = (integration: Integration) =>
    readFileIntegration(integration, new Map([["pages", filesOf(folder)]]), "GET /x");
  const answer = (file: string) => read(INTEGRATION)(`/assets/${file}`, { file });

  test("is sent with the fixed headers and the type of its name", async () => {
    const { statusCode, headers, body } = await answer("page.js");
    expect([statusCode, headers, String(body)]).toEqual([
      200,
      { "cache-control": "public", "content-type": "text/javascript; charset=utf-8" },
      "1",
    ]);
  });

  test.each([
    ["nothing.js"],
    ["../secret.js"],
    [".."],
    [".hidden"],
    [""],
    ["page.js\0"],
    ["a".repeat(300)],
    ["é".repeat(200)],
  ])("is a problem where there is none: %j", async (file) => {
    expect(await answer(file)).toEqual({
      statusCode: 404,
      headers: { "content-type": "application/problem+json" },
      body: PROBLEM,
    });
  });

  test("is refused at the start when nothing says what is answered without a file", () => {
    const [found] = INTEGRATION.IntegrationResponses;
    const lacking = { ...INTEGRATION, IntegrationResponses: found === undefined ? [] : [found] };
    expect(() => read(lacking)).toThrow("GET /x");
  });

  test("is another one where the template says so of a part of the path", async () => {
    const at = async (path: string) => (await read(PAGE)(path, null)).statusCode;
    expect([await at("/page.html"), await at("/page.html/")]).toEqual([200, 404]);
  });

  test.each([
    ["another template", { RequestTemplates: { "application/json": "#if(true)#end" } }],
    ["a name from a header", { RequestParameters: { "integration.request.path.file": "method.request.header.file" } }],
    ["no name", { RequestParameters: {} }],
  ])("is refused at the start when it has %s", (_, change) => {
    expect(() => read({ ...PAGE, ...change })).toThrow("GET /x");
  });
});
