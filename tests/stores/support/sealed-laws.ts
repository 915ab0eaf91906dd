import { writeFileSync } from "node:fs";
import { expect, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { aDecidedVote, macsOf } from "../../support/factories.ts";
import { envelopesOf } from "../../support/sealed-box.ts";
import { type TestTrustees, testTrustees, writeJson } from "../../support/trustees.ts";
import { type CommandLine, startCommandLine, type } from "./command-line.ts";

// A sealed law as operators type it: the stack, the law of the present test, and its trustees.

export let line: CommandLine;
let made = 0;
export let lawId: string;
export let origin: string;
export let trustees: TestTrustees;

/** Starts the stack of a test file. */
export async function startSealedLaws(): Promise<void> {
  line = await startCommandLine();
}

/** Between two tests. */
export function forget(): void {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  line.door.twoPeople = false;
}

export function as(person: string, command: Parameters<typeof type>[0], ...args: readonly string[]) {
  vi.stubEnv("REFERENDUM_OPERATOR", person);
  return type(command, ...args, ...line.here);
}
export const laws = (...args: readonly string[]) => as("anna", lawsCommand, ...args);
export const ops = (...args: readonly string[]) => as("anna", opsCommand, ...args);
export const fresh = (name: string) => line.path(`${++made}-${name}`);
export const json = (value: object) => writeJson(fresh("file.json"), value);

/** Does by two people what needs them. */
export async function byTwo(command: Parameters<typeof type>[0], ...args: readonly string[]) {
  const { code, out, err } = await as("anna", command, ...args, "--json");
  expect([code, err]).toEqual([3, expect.anything()]);
  return as("ben", opsCommand, "approve", JSON.parse(out).proposal.id, "--yes");
}

const VOTERS = Array.from({ length: 6 }, (_, at) => ({ nas: String(100_000_001 + at), code: `AAAAA${at}` }));
const WINDOW = ["--opens", "2020-01-01T08:00:00Z", "--closes", "2020-01-01T20:00:00Z"];

/** A draft of a sealed law whose roll is loaded. */
export async function aDraft(...options: readonly string[]): Promise<void> {
  lawId = `S-${++made}`;
  const added = await laws("add", lawId, "--title", "A law", "--form", "sealed", ...WINDOW, ...options, "--json");
  origin = JSON.parse(added.out).origin;
  trustees = testTrustees(lawId, origin);
  const file = fresh("roll.csv");
  writeFileSync(file, VOTERS.map(({ nas, code }) => `${nas},${code}\n`).join(""));
  expect(await as("anna", votersCommand, "load", "--law", lawId, "--file", file)).toMatchObject({ code: 0 });
}

export const seal = () => as("anna", votersCommand, "seal", lawId, "--expect", String(VOTERS.length));
export const register = (file: object) => laws("keys", lawId, "--public", json(file));
export const state = (statement: object) => laws("test-opening", lawId, "--statement", json(statement));

export async function aTestedDraft(...options: readonly string[]): Promise<void> {
  await aDraft(...options);
  expect(await register(trustees.publicFile)).toMatchObject({ code: 0 });
  expect(await state(trustees.statement(1, 3))).toMatchObject({ code: 0 });
}

/** Records votes of the first voters, with receipts; the last envelope does not open. */
async function vote(...options: readonly number[]): Promise<void> {
  const { dynamoDb, pool } = line.stack.target;
  const envelopes = envelopesOf(trustees.publicFile, options);
  const votes = envelopes.map((sealed, at) => {
    const { nas = "", code = "" } = VOTERS[at] ?? {};
    const { choice: _, ...rest } = aDecidedVote({
      lawId,
      voterHash: voterHash(nas, code, lawId).toString("hex"),
      acceptedAt: "2020-01-01T09:00:00.000Z",
    });
    return { ...rest, sealed, macs: macsOf({ ...rest, sealed }) };
  });
  const recorded = await new PostgresOutcomeStore(pool).record(votes);
  expect(recorded.map(({ status }) => status)).toEqual(votes.map(() => "counted"));
  const onError = (error: unknown) => {
    throw error;
  };
  await new DynamoReceiptStore(dynamoDb, "receipts", { pause: async () => undefined, onError }).putAll(recorded);
}

/** A law whose box is closed with six envelopes: 3 oui, 2 non, and one that names no option. */
export async function aClosedBox(...options: readonly string[]): Promise<void> {
  await aTestedDraft(...options);
  expect(await seal()).toMatchObject({ code: 0 });
  await vote(0, 1, 0, 0, 1, 9);
  expect(await laws("count", lawId, "--yes")).toMatchObject({ code: 0 });
}
