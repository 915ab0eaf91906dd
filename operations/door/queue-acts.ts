import type { z } from "zod";
import { Refusal } from "../../shared/domain/refusal.ts";
import * as queues from "../../shared/messages/operators/queues.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import { queueState } from "../queues/depths.ts";
import { planSettling } from "../queues/plan-settling.ts";
import { deadLettersOf, redriveStep } from "../queues/redrive-queue.ts";
import {
  listSetAside,
  lookAtDeadLetters,
  type SetAsideStores,
  setAsideStep,
  undoSetAsideStep,
} from "../queues/set-aside.ts";
import { settleLaw } from "../queues/settle-law.ts";
import type { Settling } from "../queues/settle-steps.ts";
import type { Servers } from "../servers.ts";
import { type ActContext, codeOf, type DoorServices, type Step } from "./services.ts";

export const queueDepthsCode = codeOf(queues.queueDepths, {
  step: async ({ servers }) => ({
    done: true,
    result: { depths: await depthsOf(servers), approximate: servers.distributed },
  }),
});

/**
 * Reads how many messages are in each queue.
 *
 * @param servers those of a running stage
 */
export async function depthsOf(servers: Servers): Promise<queues.Depths> {
  const of = async (queue: Parameters<typeof queueState>[1]) => {
    const { waiting, underWay } = await queueState(servers, queue);
    return { waiting, under_way: underWay };
  };
  // In the order of a vote's way: it enters the next queue before it leaves one.
  const votes = await of("votes");
  const outcomes = await of("outcomes");
  const votes_dead_letters = await of("votesDeadLetters");
  return { votes, outcomes, votes_dead_letters, outcomes_dead_letters: await of("outcomesDeadLetters") };
}

type RedriveRequest = z.output<typeof queues.redrive.request>;
type RedriveCursor = z.output<typeof queues.redrive.cursor>;

/** Whoever watches sees how it goes on, and Ctrl-C ends it soon: nothing is gained by longer steps. */
const REDRIVE_STEP_MS = 2_000;

export const redriveCode = codeOf(queues.redrive, {
  step: async ({ servers, deadline: latest, clock }, request, cursor = { done: [] }) => {
    const deadline = Math.min(latest, clock.now() + REDRIVE_STEP_MS);
    let { done, now, budget } = cursor;
    for (;;) {
      const queue = now?.queue ?? nextQueue(request, done);
      if (queue === undefined) return { done: true, result: { queues: done } };
      const before = done.reduce((total, { moved }) => total + moved, 0);
      const limit = request.max === undefined ? undefined : request.max - before;
      const { so, ended } = await redriveStep(servers, queue, now && { ...now, budget: budget ?? 0 }, {
        limit,
        evenUnreadable: request.even_unreadable,
        deadline,
        clock,
      });
      const { budget: left, ...figures } = so;
      now = { queue, ...figures, hidden: 0 };
      budget = left;
      if (!ended) return stillRedriving({ done, now, budget }, queue);
      done = [...done, { ...now, hidden: (await deadLettersOf(servers, queue)).underWay }];
      now = undefined;
      budget = undefined;
    }
  },
});

/** The next queue whose dead letters are wanted; none once as many as wanted are moved. */
function nextQueue({ queues: wanted, max }: RedriveRequest, done: RedriveCursor["done"]) {
  if (max !== undefined && done.reduce((total, { moved }) => total + moved, 0) >= max) return undefined;
  return wanted.find((queue) => !done.some((one) => one.queue === queue));
}

function stillRedriving(cursor: RedriveCursor, queue: queues.QueueName): Step<RedriveCursor, never> {
  const moved = cursor.now?.moved ?? 0;
  return {
    done: false,
    cursor,
    progress: { label: `${queue} moved`, done: moved, total: moved + (cursor.budget ?? 0) },
  };
}

export const settleCode = codeOf(queues.settle, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers }, { law_id }) => {
    const [law] = await existingLaws(servers, [law_id]);
    if (law !== undefined) refuseForbidden(law, "settle", Date.now());
  },
  step: async ({ servers, services, deadline, clock }, { law_id, unreadable_votes: unreadableVotes }, cursor) => {
    const options = { unreadableVotes, deadline, clock, keys: services.outcomeKeys };
    const settling = await settleLaw(servers, law_id, options, cursor && stateOf(cursor));
    const { phase } = settling;
    const { counted, sentBack: sent_back, unconfirmed, readings, waits, seen, still } = settling;
    const { withoutChoice: without_choice, firstVoteFails: first_vote_fails } = settling;
    const figures = { counted, sent_back, unconfirmed, without_choice, first_vote_fails };
    if (phase === "done") return { done: true, result: { law_id, ...figures } };
    const label = "dead letters settled";
    return {
      done: false,
      cursor: { phase, ...figures, readings, waits, seen, still },
      progress: { label, done: counted + sent_back },
    };
  },
});

export const planSettlingCode = codeOf(queues.planSettling, {
  step: async ({ servers, services, deadline }, { law_id }) => {
    const plan = await planSettling(servers, law_id, deadline, services.outcomeKeys);
    const { deadLetters: dead_letters, wouldCount, wouldSendBack, withoutChoice, complete } = plan;
    const figures = { would_count: wouldCount, would_send_back: wouldSendBack, without_choice: withoutChoice };
    return { done: true, result: { law_id, dead_letters, ...figures, complete } };
  },
});

function stateOf(cursor: z.output<typeof queues.settle.cursor>): Settling {
  const { sent_back: sentBack, without_choice: withoutChoice, first_vote_fails: firstVoteFails, ...rest } = cursor;
  return { ...rest, sentBack, withoutChoice, firstVoteFails };
}

export const deadLettersCode = codeOf(queues.deadLetters, {
  step: async ({ servers, services, deadline }, { queue }) => {
    const { unreadable, ...rest } = await lookAtDeadLetters(servers, await services.setAsideKeys(), queue, deadline);
    const found = unreadable.map(({ lawId: law_id, ...one }) => ({ ...one, law_id }));
    return { done: true, result: { ...rest, unreadable: found } };
  },
});

export const setAsideCode = codeOf(queues.setAside, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers, services, deadline, run }, { queue, fingerprint, law_id }) => {
    // A step that was cut off has taken it out already.
    if ((await setAsideBy(servers, run)) > 0) return;
    const { unreadable, complete } = await lookAtDeadLetters(servers, await services.setAsideKeys(), queue, deadline);
    const found = unreadable.find((one) => one.fingerprint === fingerprint);
    if (found !== undefined) return refuseOtherLaw(fingerprint, found.lawId, law_id);
    throw new Refusal(
      complete
        ? `No dead letter of ${queue} that nothing can read has the fingerprint ${fingerprint}.`
        : `Not all dead letters of ${queue} could be looked at in one go, and none of those has the fingerprint ${fingerprint}. Try again.`,
    );
  },
  step: async ({ servers, services, deadline, run }, { queue, fingerprint, reason }, cursor) => {
    const request = { queue, fingerprint, reason, run };
    const { complete } = await setAsideStep(servers, await storesOf(services), request, deadline);
    const set_aside = await setAsideBy(servers, run);
    if (complete) return { done: true, result: { queue, fingerprint, set_aside } };
    return {
      done: false,
      cursor: { set_aside: cursor?.set_aside ?? set_aside },
      progress: { label: "set aside", done: set_aside },
    };
  },
});

/** Otherwise the act would be missing in the public log of the law that it is about. */
function refuseOtherLaw(fingerprint: string, found: string | null, named: string | undefined): void {
  if ((found ?? undefined) === named) return;
  throw new Refusal(
    `The message ${fingerprint.slice(0, 12)}… ${found === null ? "names no submission of a law" : `names a submission of ${found}`}, ` +
      `and the act ${named === undefined ? "names no law" : `names ${named}`}. Nothing was changed. Use the command of this ` +
      "release: npm run ops -- set-aside.",
  );
}

async function storesOf({ setAsideKeys, archive }: DoorServices): Promise<SetAsideStores> {
  return { keys: await setAsideKeys(), archive };
}

/** How many messages a run has set aside, in all of its steps. */
async function setAsideBy({ pool }: Servers, run: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from set_aside where run = $1", [run]);
  return rows[0]?.n ?? 0;
}

/** How many messages a run has sent back, in all of its steps. */
async function undoneBy({ pool }: Servers, run: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from set_aside where undone_run = $1", [
    run,
  ]);
  return rows[0]?.n ?? 0;
}

export const undoSetAsideCode = codeOf(queues.undoSetAside, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers, run }, { fingerprint, law_id }) => {
    if ((await undoneBy(servers, run)) > 0) return;
    const kept = (await listSetAside(servers)).find((one) => one.fingerprint === fingerprint && !one.undone);
    if (kept === undefined) throw new Refusal(`No message with the fingerprint ${fingerprint} is set aside.`);
    if (law_id !== undefined) refuseOtherLaw(fingerprint, kept.lawId, law_id);
  },
  step: async (context: ActContext, { fingerprint }) => {
    const { servers, services, deadline, run } = context;
    const { complete } = await undoSetAsideStep(servers, await storesOf(services), { fingerprint, run }, deadline);
    const sent_back = await undoneBy(servers, run);
    if (complete) return { done: true, result: { fingerprint, sent_back } };
    return { done: false, cursor: { sent_back }, progress: { label: "sent back", done: sent_back } };
  },
});

export const listSetAsideCode = codeOf(queues.listSetAside, {
  step: async ({ servers }) => {
    const messages = (await listSetAside(servers)).map(({ lawId: law_id, ...one }) => ({ ...one, law_id }));
    return { done: true, result: { messages } };
  },
});
