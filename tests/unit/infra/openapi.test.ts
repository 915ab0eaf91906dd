import { existsSync, readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { OPENAPI_FILE, openapiText } from "../../../commands/openapi.ts";
import { describeApi } from "../../../infra/openapi/describe.ts";
import {
  AllLaws,
  AllResults,
  Health,
  LawResult,
  Problem,
  PublicLaw,
  Receipt,
  Turnout,
  VoteAccepted,
} from "../../../shared/messages/responses.ts";
import { ROUTES } from "../../../shared/messages/routes.ts";
import { parseVoteRequest } from "../../../shared/messages/vote-request.ts";

const Content = z.record(
  z.string(),
  z.looseObject({
    schema: z.looseObject({ $ref: z.string().default("") }),
    examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
  }),
);
const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ responses: z.record(z.string(), z.looseObject({ content: Content.optional() })) }),
    ),
  ),
});
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  VoteAccepted,
  Receipt,
  LawResult,
  AllResults,
  Turnout,
  PublicLaw,
  AllLaws,
  Health,
  Problem,
};
const document = Document.parse(describeApi());

test("docs/openapi.json is current (npm run openapi writes it)", () => {
  expect(existsSync(OPENAPI_FILE)).toBe(true);
  expect(readFileSync(OPENAPI_FILE, "utf8")).toBe(openapiText());
});

test("docs/openapi.json is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate(JSON.parse(openapiText()));
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
});

test("docs/openapi.json has exactly the routes of the API", () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});

describe("the code accepts each example", () => {
  const examples = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ responses }) =>
      Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.values(content).flatMap(({ schema, examples: named = {} }) =>
          Object.entries(named).map(([name, { value }]) => ({ path, status, name, value, schema: schema.$ref })),
        ),
      ),
    ),
  );

  test.each(examples)("$path $status $name", ({ status, value, schema }) => {
    const name = schema.split("/").at(-1) ?? "";
    const parsed = SCHEMAS[name]?.safeParse(value);
    expect(parsed?.error).toBeUndefined();
    expect(parsed?.success).toBe(true);
    if (name === "Problem") expect(value).toMatchObject({ status: Number(status) });
  });

  test("the examples of a vote", () => {
    const { examples: votes } = z
      .looseObject({ examples: z.record(z.string(), z.looseObject({ value: z.unknown() })) })
      .parse(JSON.parse(openapiText()).paths["/api/v1/vote"].post.requestBody.content["application/json"]);
    for (const { value } of Object.values(votes)) expect(parseVoteRequest(JSON.stringify(value)).ok).toBe(true);
    expect(Object.keys(votes)).toEqual(["choice", "sealed"]);
  });
});

test("a vote's fields have the rules of the code", () => {
  const schema = JSON.parse(openapiText()).components.schemas.VoteRequest;
  expect(schema).toMatchObject({ additionalProperties: false, required: ["nas", "code", "law_id"] });
  expect(schema.oneOf).toEqual([{ required: ["vote"] }, { required: ["sealed_vote"] }]);
  expect(schema.properties.vote.enum).toEqual(["oui", "non"]);
  const [nas, code, lawId] = ["nas", "code", "law_id"].map((name) => new RegExp(schema.properties[name].pattern));
  expect(["123456789", " 123-456\u2013789\u00a0"].every((text) => nas?.test(text))).toBe(true);
  expect(["", "12345678", "1234567890", "12345678a"].some((text) => nas?.test(text))).toBe(false);
  expect(["ABC123", " ABC-123 ", "A".repeat(32)].every((text) => code?.test(text))).toBe(true);
  expect(["", "ABC12", "A".repeat(33), "ABC'123"].some((text) => code?.test(text))).toBe(false);
  expect([lawId?.test(" L2025-001\t"), lawId?.test(""), lawId?.test("L/1")]).toEqual([true, false, false]);
  for (const name of ["nas", "code", "law_id"]) expect(schema.properties[name].maxLength).toBe(200);
});

test("each link names an operation and a parameter of it", () => {
  const { components, paths } = JSON.parse(openapiText());
  const operations = Object.values<Record<string, { operationId: string; parameters?: { name: string }[] }>>(paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId, parameters = [] }) => [operationId, parameters.map(({ name }) => name)] as const);
  const names = new Map(operations);
  const links = Object.values<{ operationId: string; parameters?: object }>(components.links);
  expect(links.length).toBeGreaterThan(0);
  for (const { operationId, parameters = {} } of links) {
    expect(names.get(operationId)).toEqual(expect.arrayContaining(Object.keys(parameters)));
  }
});
