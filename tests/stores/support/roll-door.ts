import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { answerCall } from "../../../operations/door/answer-call.ts";
import { ROLL_ACTS } from "../../../operations/door/roll-acts.ts";
import { type DoorServices, parsed } from "../../../operations/door/services.ts";
import type { Servers } from "../../../operations/servers.ts";
import type { CallOptions, Outcome } from "../../../places/operators/client.ts";
import type { RollDoor } from "../../../places/operators/send-roll.ts";
import type { Operator } from "../../../shared/domain/operator.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import type { ActAnswer } from "../../../shared/messages/operators/envelope.ts";
import { KEY_SOURCE } from "../../support/factories.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { asFunction } from "./granted.ts";
import type { TestTarget } from "./test-target.ts";
import { openPool } from "./votes.ts";

/** A call, as a client makes it. */
interface TestCall {
  readonly run?: string;
  readonly request: unknown;
  readonly cursor?: unknown;
}

/** The function `roll` in this process, on real stores, with the permissions of its role in PostgreSQL. */
export interface TestRollDoor extends RollDoor {
  readonly servers: Servers;
  /** Every answer and refusal, as text. */
  readonly answers: readonly string[];
  /** Takes one step. */
  step(act: Act, call: TestCall): Promise<ActAnswer>;
  /** Calls this before each step; whatever it throws, the client sees in place of an answer. */
  onStep(before: (act: Act, number: number) => void | Promise<void>): void;
  close(): Promise<void>;
}

/**
 * Opens it.
 *
 * @param stack the stores
 * @param name who calls
 */
export function openRollDoor(stack: TestTarget, name = "alice"): TestRollDoor {
  const { target } = stack;
  const pool = openPool({
    ...target.address.postgres,
    max: 4,
    options: "-c role=referendum_roll -c statement_timeout=18s",
    application_name: "roll",
  });
  const { sqs, dynamoDb, lambda, laws, redis, keys, stage, distributed, pepperByDefault, codesByDefault } = target;
  const servers: Servers = {
    ...{ sqs, dynamoDb, lambda, laws, pool, redis, keys, stage, distributed, pepperByDefault, codesByDefault },
    output: (output) => target.output(output),
  };
  const services: DoorServices = {
    servers,
    twoPeople: false,
    proposalHours: 72,
    release: "test",
    onWithoutJournal: () => undefined,
    outcomeKeys: KEY_SOURCE,
    setAsideKeys: noKeys,
    archive: archiveOf(target).archive,
  };
  const operator: Operator = { name, identity: "claimed", isPinned: true };
  const answers: string[] = [];
  let steps = 0;
  let before: (act: Act, number: number) => void | Promise<void> = () => undefined;
  const step: TestRollDoor["step"] = async (act, { run = randomUUID(), request, cursor }) => {
    await before(act, steps++);
    const body = JSON.parse(JSON.stringify({ run, request, cursor }));
    try {
      const answer = await asFunction("roll", servers, () =>
        answerCall(services, ROLL_ACTS, { group: act.group, name: act.name, body, operator }),
      );
      answers.push(JSON.stringify(answer));
      return answer;
    } catch (error) {
      answers.push(error instanceof Error ? `${error.message} ${error.stack} ${JSON.stringify(error)}` : String(error));
      throw error;
    }
  };
  return {
    servers,
    answers,
    step,
    onStep: (next) => {
      steps = 0;
      before = next;
    },
    close: () => pool.end(),
    async perform<A extends Act>(
      act: A,
      request: z.input<A["request"]>,
      { signal }: CallOptions = {},
    ): Promise<Outcome<z.output<A["result"]>>> {
      const run = randomUUID();
      for (let cursor: unknown; ; ) {
        signal?.throwIfAborted();
        const answer = await step(act, { run, request, cursor });
        if ("proposal" in answer) return { kind: "proposed", proposal: answer.proposal };
        if (answer.done) return { kind: "done", result: parsed<A["result"]>(act.result, answer.result, "the result") };
        cursor = answer.cursor;
      }
    },
  };
}

async function noKeys(): Promise<never> {
  throw new Error("roll may not read these keys");
}
