import { describe, expect, test } from "vitest";
import { IdempotencyKey, parseVoteRequest } from "../../../shared/messages/vote-request.ts";
import { aBody, LAW_ID } from "../../support/factories.ts";

const parse = (changes: Record<string, unknown>) => parseVoteRequest(JSON.stringify(aBody(changes)));
/** JSON text with one more member, written by hand where an object literal could not hold it. */
const withMember = (member: string) => `${JSON.stringify(aBody()).slice(0, -1)},${member}}`;
const fieldsOf = (text: string) => {
  const parsed = parseVoteRequest(text);
  return parsed.ok ? [] : parsed.errors.map((error) => error.field);
};

describe("a vote", () => {
  test("is read, with nothing changed", () => {
    expect(parse({})).toEqual({ ok: true, value: aBody() });
  });

  test.each(["123 456 789", "123-456-789", " 123456789 ", "1 2 3 4 5 6 7 8 9", "1-2-3-4-5-6-7-8-9"])(
    "may write its NAS as %j",
    (nas) => {
      expect(parse({ nas })).toEqual({ ok: true, value: aBody() });
    },
  );

  test.each([
    ["no-break spaces", "123\u00a0456\u00a0789"],
    ["narrow no-break spaces", "123\u202f456\u202f789"],
    ["thin spaces", "123\u2009456\u2009789"],
    ["en dashes", "123\u2013456\u2013789"],
    ["hyphens", "123\u2010456\u2010789"],
    ["soft hyphens", "123\u00ad456\u00ad789"],
    ["a minus sign", "123\u2212456\u2212789"],
    ["a zero-width space and a byte order mark", "\ufeff123456789\u200b"],
    ["a tab behind it", "123456789\t"],
  ])("may have its NAS pasted with %s", (_, nas) => {
    expect(parse({ nas })).toEqual({ ok: true, value: aBody() });
  });

  test("may have its NAS and code pasted with any blank or dash of Unicode", () => {
    const all = Array.from({ length: 0xffff }, (_, code) => String.fromCharCode(code));
    const separators = all.filter((one) => /[\p{Zs}\p{Pd}\t]/u.test(one));
    expect(separators.length).toBeGreaterThan(40);
    for (const one of [...separators, "\u200c", "\u200d", "\u2043"]) {
      expect(parse({ nas: `123${one}456${one}789`, code: `ABC${one}123` }), JSON.stringify(one)).toEqual({
        ok: true,
        value: aBody(),
      });
    }
  });

  test.each([" ABC123 ", "\u00a0ABC123\u202f", "ABC\u2013123", "ABC123\t"])(
    "may have its code pasted as %j",
    (code) => {
      expect(parse({ code })).toEqual({ ok: true, value: aBody() });
    },
  );

  test("may have blanks around its law", () => {
    expect(parse({ law_id: ` \t${LAW_ID} ` })).toEqual({ ok: true, value: aBody() });
  });

  test.each(["A", "a.b_c-d", "L".repeat(50)])("may name the law %s", (law_id) => {
    expect(parse({ law_id })).toEqual({ ok: true, value: aBody({ law_id }) });
  });

  test.each(["ABC123", "abcdef", "A".repeat(32)])("may have the code %s, whose case is kept", (code) => {
    expect(parse({ code })).toEqual({ ok: true, value: aBody({ code }) });
  });
});

test.each(["ABCD-EFGH", "abcd efgh", " ABCD - EFGH "])("a code may be typed in groups: %s", (code) => {
  expect(parse({ code })).toEqual({ ok: true, value: aBody({ code: code.replaceAll(/[ -]/g, "") }) });
});

describe("one field wrong", () => {
  test.each([
    ["8 digits", "nas", "12345678"],
    ["10 digits", "nas", "1234567890"],
    ["letters", "nas", "12345678a"],
    ["full-width digits", "nas", "１２３４５６７８９"],
    ["Arabic digits", "nas", "١٢٣٤٥٦٧٨٩"],
    ["a trailing newline", "nas", "123456789\n"],
    ["a NUL", "nas", "123456789\u0000"],
    ["a dot", "nas", "123.456.789"],
    ["a sign", "nas", "+123456789"],
    ["nothing in it", "nas", ""],
    ["only blanks", "nas", "   "],
    ["null", "nas", null],
    ["a number", "nas", 123456789],
    ["a list", "nas", ["123456789"]],
    ["an object", "nas", { $ne: "" }],
    ["5 characters", "code", "ABC12"],
    ["33 characters", "code", "A".repeat(33)],
    ["more than 200 characters", "code", `ABC123${" ".repeat(200)}`],
    ["more than 200 characters", "nas", `123456789${"-".repeat(200)}`],
    ["more than 200 characters", "law_id", `L1${" ".repeat(200)}`],
    ["blanks for characters", "code", "A B C 1 2"],
    ["a trailing newline", "code", "ABC123\n"],
    ["a NUL", "code", "ABC123\u0000"],
    ["an accent", "code", "ÀBC123"],
    ["a quote", "code", "ABC'123"],
    ["nothing in it", "code", ""],
    ["null", "code", null],
    ["true", "code", true],
    ["51 characters", "law_id", "L".repeat(51)],
    ["a dot first", "law_id", ".L1"],
    ["a slash", "law_id", "L/1"],
    ["a trailing newline", "law_id", "L1\n"],
    ["a NUL", "law_id", "L1\u0000"],
    ["only blanks", "law_id", "  "],
    ["nothing in it", "law_id", ""],
    ["null", "law_id", null],
    ["another choice", "vote", "maybe"],
    ["capitals", "vote", "OUI"],
    ["a blank", "vote", "oui "],
    ["a trailing newline", "vote", "oui\n"],
    ["nothing in it", "vote", ""],
    ["null", "vote", null],
    ["true", "vote", true],
    ["a list", "vote", ["oui"]],
  ])("%s is refused, and only %s is named", (_, field, value) => {
    const parsed = parse({ [field]: value });
    expect(parsed).toEqual({ ok: false, errors: [{ field, message: expect.any(String) }] });
    if (typeof value === "string" && value.trim().length > 4) expect(JSON.stringify(parsed)).not.toContain(value);
  });

  test.each(["nas", "code", "law_id", "vote"])("%s is required", (field) => {
    expect(parse({ [field]: undefined })).toEqual({ ok: false, errors: [{ field, message: "is required" }] });
  });

  test("each of several is named", () => {
    expect(fieldsOf("{}").sort()).toEqual(["code", "law_id", "nas", "vote"]);
  });
});

describe("a body that is not a vote", () => {
  test.each([
    ["empty", ""],
    ["text", "not json"],
    ["half of a vote", JSON.stringify(aBody()).slice(0, 40)],
    ["two votes", `${JSON.stringify(aBody())}${JSON.stringify(aBody())}`],
    ["with a comma too many", JSON.stringify(aBody()).replace("}", ",}")],
    ["with a byte order mark", `\ufeff${JSON.stringify(aBody())}`],
    ["a list of votes", JSON.stringify([aBody()])],
    ["null", "null"],
    ["a number", "42"],
    ["a string", JSON.stringify(JSON.stringify(aBody()))],
    ["true", "true"],
    ["deeply nested lists", "[".repeat(4000) + "]".repeat(4000)],
    ["a raw control character", JSON.stringify(aBody()).replace("ABC123", "ABC\u0001123")],
  ])("is refused: %s", (_, text) => {
    expect(fieldsOf(text)).toEqual(["body"]);
  });

  test("is refused for deep nesting within a field", () => {
    expect(fieldsOf(withMember(`"more":${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`))).toEqual(["more"]);
  });

  test.each([
    ["twice the same", '"vote":"oui"'],
    ["the other choice", '"vote":"non"'],
    ["escaped", '"\\u0076ote":"non"'],
  ])("is refused for a field that is named twice, %s", (_, member) => {
    expect(fieldsOf(withMember(member))).toEqual(["body"]);
  });

  test("is refused for a repeated __proto__", () => {
    expect(parseVoteRequest(withMember('"__proto__":"a","__proto__":"b"')).ok).toBe(false);
  });

  test("a colon or a quote in a value does not make a key", () => {
    expect(fieldsOf(JSON.stringify(aBody({ code: '":"x":"' })))).toEqual(["code"]);
  });
});

describe("a field that a vote does not have", () => {
  test.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])("is refused: %s", (key) => {
    const name = key === "__proto__" ? key : "(unknown field)";
    expect(fieldsOf(withMember(`${JSON.stringify(key)}:"x"`))).toEqual([name]);
    expect(fieldsOf(withMember(`${JSON.stringify(key)}:{"nas":"1"}`))).toEqual([name]);
    expect(fieldsOf(withMember(`${JSON.stringify(key)}:null`))).toEqual([name]);
  });

  test.each(["extra", "NAS", "law_no"])("is named, because no code is so short: %s", (key) => {
    expect(fieldsOf(withMember(`${JSON.stringify(key)}:"x"`))).toEqual([key]);
  });

  test("a member __proto__ with every field in it does not replace the fields", () => {
    expect(fieldsOf(`{"__proto__":${JSON.stringify(aBody())}}`).sort()).toEqual([
      "__proto__",
      "code",
      "law_id",
      "nas",
      "vote",
    ]);
  });

  test("is not repeated, because its name may be a secret", () => {
    const parsed = parseVoteRequest(withMember('"123456789":"x","ABC123":"y"'));
    expect(parsed).toMatchObject({ ok: false, errors: [{ field: "(unknown field)" }, { field: "(unknown field)" }] });
    expect(JSON.stringify(parsed)).not.toMatch(/123456789|ABC123/);
  });

  test.each([
    ["beside the code", { code: "SECRETCODE", SECRETCODE: 1 }],
    ["in place of the code", { code: undefined, SECRETCODE: 1 }],
    ["with the code deeper in it", { code: ["SECRETCODE"], SECRETCODE: 1 }],
    ["with more around it", { code: "SECRETCODE", x_SECRETCODE_: 1 }],
  ])("whose name is a code in letters is not repeated, %s", (_, changes) => {
    expect(JSON.stringify(parse(changes))).not.toContain("SECRETCODE");
  });
});

describe("an Idempotency-Key", () => {
  test.each(["x", "a-b_c.d", "!~", "x".repeat(255)])("may be %s", (key) => {
    expect(IdempotencyKey.safeParse(key).success).toBe(true);
  });

  test.each(["", " ", "a b", "x".repeat(256), "é", "a\n", "a\u0000", "\u007f"])("may not be %j", (key) => {
    expect(IdempotencyKey.safeParse(key).success).toBe(false);
  });
});
