import { createHash } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { claimedName, signing } from "../../../../places/operators/signing.ts";

const URL_OF_ACT = new URL("https://api.example.org/live/v1/acts/close-law");
const BODY = JSON.stringify({ request: { law_id: "L1" } });

afterEach(() => vi.unstubAllEnvs());

describe("a signed request", () => {
  test("names the key, the region and execute-api, covers the body, and carries the session's token", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "EXAMPLEKEYID");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "not a secret");
    vi.stubEnv("AWS_SESSION_TOKEN", "a token");
    const headers = await signing("ca-central-1")(URL_OF_ACT, { "content-type": "application/json" }, BODY);
    expect(headers["authorization"]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=EXAMPLEKEYID\/\d{8}\/ca-central-1\/execute-api\/aws4_request, SignedHeaders=/,
    );
    expect(headers["x-amz-content-sha256"]).toBe(createHash("sha256").update(BODY).digest("hex"));
    expect(headers["x-amz-security-token"]).toBe("a token");
    expect(headers["content-type"]).toBe("application/json");
  });

  test("without credentials says how to log in", async () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"]) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    await expect(signing("ca-central-1")(URL_OF_ACT, {}, BODY)).rejects.toThrow(/no AWS credentials.*aws sso login/);
  });
});

test("a claimed name is one that the API takes", () => {
  vi.stubEnv("REFERENDUM_OPERATOR", "anna@office");
  expect(claimedName()).toBe("anna@office");
  vi.stubEnv("REFERENDUM_OPERATOR", "Anna Smith");
  expect(() => claimedName()).toThrow(/REFERENDUM_OPERATOR is no name of an operator: use 1 to 64 letters/);
  vi.stubEnv("REFERENDUM_OPERATOR", "");
  expect(claimedName()).toMatch(/^[A-Za-z0-9._@+=,-]{1,64}$/);
});
