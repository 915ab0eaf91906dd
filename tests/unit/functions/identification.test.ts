import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OperatorEvent } from "../../../functions/door/handler.ts";
import { identification } from "../../../functions/door/handler.ts";

const SESSION = "arn:aws:sts::123456789012:assumed-role";

function eventOf(userArn: string | null, claim?: string): OperatorEvent {
  return {
    headers: claim === undefined ? {} : { "X-Operator": claim },
    multiValueHeaders: claim === undefined ? {} : { "X-Operator": [claim] },
    requestContext: { identity: { userArn } },
  };
}

beforeEach(() => vi.stubEnv("PINNED_ROLES", "referendum-prod-approver referendum-prod-operator"));
afterEach(() => vi.unstubAllEnvs());

test("where API Gateway has checked who calls, what a client claims counts for nothing", () => {
  vi.stubEnv("OPERATOR_IDENTITY", "iam");
  const identify = identification();
  expect(identify(eventOf(null, "anna"))).toBeUndefined();
  expect(identify(eventOf("arn:aws:iam::123456789012:user/anna", "anna"))).toBeUndefined();
  expect(identify(eventOf("arn:aws:iam::123456789012:root", "anna"))).toBeUndefined();
  const arn = `${SESSION}/referendum-prod-approver/bruno`;
  expect(identify(eventOf(arn, "anna"))).toEqual({ name: "bruno", identity: arn, isPinned: true });
});

test("a session of another role has a name that nothing pins", () => {
  vi.stubEnv("OPERATOR_IDENTITY", "iam");
  for (const role of ["Administrator", "referendum-prod-approver2", "xreferendum-prod-approver"]) {
    const arn = `${SESSION}/${role}/bruno`;
    expect(identification()(eventOf(arn))).toEqual({ name: "bruno", identity: arn, isPinned: false });
  }
  vi.stubEnv("PINNED_ROLES", "");
  expect(identification()(eventOf(`${SESSION}/referendum-prod-approver/bruno`))).toMatchObject({ isPinned: false });
});

test("where nobody proves who they are, the claim is taken and said to be one", () => {
  vi.stubEnv("OPERATOR_IDENTITY", "claimed");
  const identify = identification();
  expect(identify(eventOf(null, "anna"))).toEqual({ name: "anna", identity: "claimed", isPinned: true });
  expect(identify(eventOf(null))).toBeUndefined();
  expect(identify(eventOf(null, "Anna Smith"))).toBeUndefined();
});

test("a function does not start that is not told whom to believe", () => {
  vi.stubEnv("OPERATOR_IDENTITY", "anybody");
  expect(() => identification()).toThrow(/OPERATOR_IDENTITY must be iam or claimed/);
});
