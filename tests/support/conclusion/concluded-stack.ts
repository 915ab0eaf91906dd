import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { StartedStack } from "../../../places/local/starter.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import type { LawForm } from "../../../shared/domain/law.ts";
import { countLaw } from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import { sealRoll } from "../../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest } from "../../../shared/messages/operators/sealed-laws.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment, type Voter } from "../environment.ts";
import { runCommand } from "../processes.ts";
import { type TestTrustees, testTrustees } from "../trustees.ts";
import { type TwoPeople, twoPeopleOf } from "../two-people.ts";

/** A stack for one person, on which laws go from their votes to their publication. */
export interface ConcludedStack {
  readonly env: TestEnvironment;
  readonly people: TwoPeople;
  /** Does an act; it needs one person. */
  done(act: Act, request: object): Promise<unknown>;
  /** A command that an operator types: `npm run ops -- …`. */
  typed(...args: readonly string[]): ReturnType<typeof runCommand>;
  /** A file in the data directory of the stack. */
  at(name: string): string;
  /** The address of a law. */
  address(lawId: string): string;
  /** Makes a law that takes votes, with so many voters. */
  ready(lawId: string, form: LawForm, voters: number): Promise<readonly Voter[]>;
  /** The trustees of a sealed law. */
  trusteesOf(lawId: string): TestTrustees;
  /** Sends a vote and waits until it is decided. */
  cast(lawId: string, voter: Voter, vote: string): Promise<void>;
  /** Closes laws, and waits until they can be counted. */
  close(...lawIds: readonly string[]): Promise<void>;
  /** Has the closed box of a sealed law opened by its trustees, and brings their list back twice. */
  open(lawId: string): Promise<void>;
  /** Counts a law: the first time, this closes the box of a sealed one. */
  count(lawId: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts the stack. Messages are hidden for a short time only, so that laws are counted soon after their close. */
export async function concludedStack(): Promise<ConcludedStack> {
  const consumer = { visibilityTimeoutSeconds: 6, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } };
  const settings = { validate: consumer, aggregate: consumer, functions, publicLog: { minimumSubmissions: 1_000 } };
  const started = await buildOwnEnvironment({ settings });
  return stackOf(started.environment, started.running);
}

function stackOf(env: TestEnvironment, running: StartedStack): ConcludedStack {
  const people = twoPeopleOf(env.stack);
  const trustees = new Map<string, TestTrustees>();
  const at = (name: string) => join(env.stack.data_dir, name);
  const done = async (act: Act, request: object) => {
    const outcome = await people.anna.perform(act, request);
    if (outcome.kind !== "done") throw new Error("it was proposed");
    return outcome.result;
  };
  const typed = (...args: readonly string[]) =>
    runCommand("ops", [...args, "--data", env.stack.data_dir], "", { REFERENDUM_OPERATOR: "anna" });
  const trusteesOf = (lawId: string) => {
    const found = trustees.get(lawId);
    if (found === undefined) throw new Error(`${lawId} has no trustees`);
    return found;
  };
  return {
    ...{ env, people, at, done, typed },
    address: (lawId) => `${env.api.url}/api/v1/laws/${lawId}`,
    async ready(lawId, form, count) {
      const voters = newVoters(count);
      const proof = form === "sealed" ? { proof: "voter" } : {};
      const added = laws.addLaw.result.parse(
        await done(laws.addLaw, { law_id: lawId, title: "A law", form, ...proof }),
      );
      if (form === "sealed") {
        const made = testTrustees(lawId, added.law.origin ?? "");
        trustees.set(lawId, made);
        await done(registerKeys, { law_id: lawId, keys: made.publicFile });
        await done(registerTest, { law_id: lawId, statement: made.statement(1, 2) });
      }
      await writeFile(at(`${lawId}.csv`), voters.map(({ nas, code }) => `${nas},${code}\n`).join(""));
      await sendRoll(people.anna, { laws: [lawId], source: at(`${lawId}.csv`) });
      await done(sealRoll, { law_id: lawId, expect: voters.length });
      await env.until(
        "the law takes votes",
        async () => (await env.api.request("GET", `/api/v1/laws/${lawId}`)).status === 200,
      );
      return voters as readonly Voter[];
    },
    trusteesOf,
    async cast(lawId, voter, vote) {
      const answer = await env.api.request("POST", "/api/v1/vote", {
        body: JSON.stringify({ ...voter, law_id: lawId, vote }),
        headers: { "content-type": "application/json" },
      });
      expect(answer.status).toBe(202);
      await env.decided([answer]);
    },
    async close(...lawIds) {
      let latest = 0;
      for (const lawId of lawIds) {
        const { in_force_at } = laws.closeLaw.result.parse(await done(laws.closeLaw, { law_id: lawId }));
        latest = Math.max(latest, Date.parse(in_force_at ?? ""));
      }
      await env.until("they have closed for long enough", async () => Date.now() > latest + 8_500, 60_000);
    },
    async open(lawId) {
      const [box, list] = [at(`${lawId}-box.ndjson`), at(`${lawId}-opened.ndjson`)];
      expect(await typed("export-box", lawId, "--out", box)).toMatchObject({ code: 0 });
      await trusteesOf(lawId).open(box, list);
      for (const number of ["first", "second"]) {
        const brought = await typed("bring-opening", lawId, "--file", list);
        expect(brought.stdout, brought.stderr).toMatch(new RegExp(`${number} opening`));
      }
    },
    count: (lawId) => done(countLaw, { law_id: lawId }),
    async stop() {
      await env.close();
      await running.stop();
    },
  };
}
