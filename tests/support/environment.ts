import { randomBytes } from "node:crypto";
import { addLaw, type NewLaw } from "../../operations/laws/add.ts";
import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { readLedger } from "../../operations/ledger/read.ts";
import { loadRoll } from "../../operations/roll/load.ts";
import { sealRoll } from "../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../operations/roll/steps/step-ports.ts";
import { rollPorts } from "../../operations/roll/stores/roll-ports.ts";
import { type StartedStack, type StarterOptions, startStack } from "../../places/local/starter.ts";
import { addressOf, type StackDescription } from "../../places/stack-description.ts";
import { Target } from "../../places/target.ts";
import type { Law } from "../../shared/domain/law.ts";
import { checkLedger } from "../../shared/domain/ledger.ts";
import type { ElectionKeys } from "../../shared/domain/sealing/election-keys.ts";
import { personHash, voterHash } from "../../shared/domain/voter-hash.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import { addLawOfForm } from "./add-law-of-form.ts";
import { addReadyLaw } from "./add-ready-law.ts";
import { type Answer, type ApiClient, apiClient } from "./api-client.ts";
import { sharedStack } from "./shared-stack.ts";

/**
 * How long an accepted vote may take to be counted before a test fails: seconds are normal, retries take half a minute.
 */
const DECIDED_WITHIN_MS = Number(process.env.REFERENDUM_DECIDED_WITHIN_MS) || 45_000;
const POLL_MS = 100;

export interface Voter {
  readonly nas: string;
  readonly code: string;
}

/** At least one, so that the first can be used without a check. */
export type Voters = readonly [Voter, ...Voter[]];

/** The tools of a test file: a running stack, and laws and voters for this file only. */
export interface TestEnvironment {
  readonly stack: StackDescription;
  readonly target: Target;
  readonly api: ApiClient;
  /**
   * Adds a law with a unique id, and a sealed roll of this many new voters; with `null` it has none, the voter is a
   * stranger, and a roll can be loaded later.
   */
  newLaw(voters: number | null, law?: Partial<NewLaw>): Promise<{ lawId: string; voters: Voters }>;
  /** The same of a sealed law, with its trustees' secret keys. */
  newSealedLaw(voters: number, law?: Partial<Law>): Promise<{ lawId: string; voters: Voters; keys: ElectionKeys }>;
  /** Waits until receipts have a final status. */
  decided(answers: readonly Answer[]): Promise<readonly string[]>;
  /** Waits until something holds. */
  until(what: string, holds: () => Promise<boolean>, withinMs?: number): Promise<void>;
  /** Checks the ledger of the file's laws, once their votes are decided. Throws with what is wrong, in words. */
  checkLedger(accepted?: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The environment of a test file on the stack that all files share. */
export async function buildTestEnvironment(): Promise<TestEnvironment> {
  return environmentOf(await sharedStack());
}

/** The environment of a test file that stops, kills or floods something, with a separate stack. */
export async function buildOwnEnvironment(
  options: StarterOptions = {},
): Promise<{ environment: TestEnvironment; running: StartedStack }> {
  const running = await startStack(options);
  return { environment: environmentOf(running.description), running };
}

/** The environment of a stack that runs already. */
function environmentOf(stack: StackDescription): TestEnvironment {
  const target = new Target(addressOf(stack));
  const api = apiClient(stack.api_url);
  const laws: string[] = [];

  const until: TestEnvironment["until"] = (what, holds, withinMs = DECIDED_WITHIN_MS) =>
    waitUntil(what, holds, { withinMs, everyMs: POLL_MS });

  return {
    stack,
    target,
    api,
    until,
    async newLaw(count, law = {}) {
      const lawId = law.lawId ?? `T-${randomBytes(6).toString("hex")}`;
      const request = { title: `Test law ${lawId}`, ...law, lawId };
      laws.push(lawId);
      const voters = newVoters(count ?? 1);
      if (count === null) await addReadyLaw(target, request);
      else {
        await addLaw(target, request);
        await loadVoters(target, [lawId], voters);
      }
      return { lawId, voters };
    },
    async newSealedLaw(count, law = {}) {
      const lawId = `T-${randomBytes(6).toString("hex")}`;
      laws.push(lawId);
      const voters = newVoters(count);
      const { keys } = await addLawOfForm(target, lawId, "sealed", law);
      await loadVoters(target, [lawId], voters);
      return { lawId, voters, keys };
    },
    async decided(answers) {
      const ids = answers.map((answer) => answer.field("request_id"));
      const statuses = new Map<string, string>();
      await until(`${ids.length} votes are decided`, async () => {
        for (const id of ids) {
          if (statuses.has(id)) continue;
          const receipt = await api.receipt(id);
          const status = receipt.field("status");
          if (status === "received") return false;
          statuses.set(id, status);
        }
        return true;
      });
      return ids.map((id) => statuses.get(id) ?? "unknown");
    },
    async checkLedger(accepted) {
      let findings: readonly string[] = [];
      await until("the ledger can be judged", async () => {
        const facts = await readLedger(target, {
          laws,
          accepted: accepted === undefined ? undefined : chunkOf(accepted),
        });
        const report = checkLedger(facts);
        findings = report.findings.map(({ invariant, message }) => `invariant ${invariant}: ${message}`);
        // Votes of other files may be in the queues at any time. Those of this file must be decided by now.
        return report.verdict !== "pending" || laws.length === 0 || (accepted === undefined && findings.length === 0);
      });
      if (findings.length > 0) throw new Error(`the ledger is not right:\n${findings.join("\n")}`);
    },
    async close() {
      await target.close();
    },
  };
}

async function* chunkOf(ids: readonly string[]): AsyncGenerator<readonly string[]> {
  yield ids;
}

/** Voters that no other test uses. */
export function newVoters(count: number): Voters {
  const start = randomBytes(4).readUInt32BE() % 900_000_000;
  const make = (index: number): Voter => ({
    nas: String(((start + index) % 900_000_000) + 100_000_000),
    code: `T${randomBytes(8).toString("hex").toUpperCase()}`,
  });
  return [make(0), ...Array.from({ length: count - 1 }, (_, index) => make(index + 1))];
}

/** A load holds connections of the target's small pool: one at a time. */
let loading: Promise<unknown> = Promise.resolve();

/** Puts voters on the rolls of laws and seals these, as `npm run voters -- load` and `seal` do. */
export function loadVoters(target: Target, lawIds: readonly string[], voters: readonly Voter[]): Promise<void> {
  const done = loading.then(async () => {
    await load(target, lawIds, voters);
    for (const lawId of lawIds) await sealRoll(target, stepPorts(target), lawId, voters.length);
  });
  loading = done.catch(() => undefined);
  return done;
}

async function load(target: Target, lawIds: readonly string[], voters: readonly Voter[]): Promise<void> {
  const laws = await existingLaws(target, lawIds);
  const keys = await target.keys();
  const chunks = async function* () {
    for (const { lawId, pepperId, keyVersion } of laws) {
      const { person } = keys.ofVersion(keyVersion);
      const entries = voters.map(({ nas, code }, index) => ({
        line: index + 1,
        voterHash: voterHash(nas, code, lawId, keys.pepper(pepperId)),
        personHash: personHash(nas, lawId, person),
      }));
      yield { lawId, entries };
    }
  };
  await loadRoll(rollPorts(target), laws, chunks());
}
