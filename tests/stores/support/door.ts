import { randomUUID } from "node:crypto";
import { answerCall } from "../../../operations/door/answer-call.ts";
import { OPERATE_ACTS } from "../../../operations/door/operate-acts.ts";
import type { DoorServices } from "../../../operations/door/services.ts";
import type { Operator } from "../../../shared/domain/operator.ts";
import type { Act, ActGroup } from "../../../shared/messages/operators/define-act.ts";
import type { ActAnswer } from "../../../shared/messages/operators/envelope.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import { KEY_SOURCE } from "../../support/factories.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { asFunction } from "./granted.ts";
import type { TestTarget } from "./test-target.ts";

const SEED = "a seed of messages that are set aside, in tests only";
/** The keys with which messages are set aside. */
export const SET_ASIDE_KEYS = Keys.fromSecrets({ setAside: JSON.stringify({ version: 1, seed: SEED }) });

/** Who calls in a test. */
export function somebody(name: string, isPinned = true): Operator {
  return { name, identity: `arn:aws:sts::123456789012:assumed-role/operator/${name}`, isPinned };
}

/** A call in a test: the first step of a new run by Anna, unless it says otherwise. */
export interface TestCall {
  readonly request: unknown;
  readonly run?: string;
  readonly cursor?: unknown;
  readonly proposal?: string;
  readonly group?: ActGroup;
  readonly by?: Operator;
}

/**
 * The operators' API on real stores, without HTTP.
 *
 * @param stack the stores
 * @param twoPeople whether acts that change an election need a second person
 * @param release the function's
 */
export function doorOn({ target }: Pick<TestTarget, "target">, twoPeople = false, release = "1.0.0") {
  const services: DoorServices = {
    servers: target,
    twoPeople,
    proposalHours: 72,
    release,
    onWithoutJournal: () => undefined,
    outcomeKeys: KEY_SOURCE,
    setAsideKeys: async () => SET_ASIDE_KEYS,
    archive: archiveOf(target).archive,
  };
  const call = (act: Act, { group = act.group, by = somebody("anna"), run = randomUUID(), ...body }: TestCall) =>
    asFunction("operate", target, () =>
      answerCall(services, OPERATE_ACTS, { group, name: act.name, body: { run, ...body }, operator: by }),
    );
  /** Does an act, step by step to its end; each step `times` times, as if answers were lost. */
  const drive = async (act: Act, given: TestCall, times = 1): Promise<unknown> => {
    const run = given.run ?? randomUUID();
    let cursor: unknown;
    for (;;) {
      let answer: ActAnswer | undefined;
      for (let time = 0; time < times; time++) {
        answer = await call(act, { ...given, run, ...(cursor === undefined ? {} : { cursor }) });
      }
      if (answer === undefined || "proposal" in answer) throw new Error("it was proposed");
      if (answer.done) return answer.result;
      cursor = answer.cursor;
    }
  };
  return { call, drive };
}

/** What the journal says happened to a run, in order. */
export async function journalPhases({ target }: Pick<TestTarget, "target">, run: string): Promise<string[]> {
  const { rows } = await target.pool.query("select phase from journal where run = $1 order by number", [run]);
  return rows.map(({ phase }) => phase);
}
