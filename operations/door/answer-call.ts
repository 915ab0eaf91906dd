import { randomUUID } from "node:crypto";
import { z } from "zod";
import { canonicalJson, requestHash } from "../../shared/domain/canonical-json.ts";
import type { Operator } from "../../shared/domain/operator.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { ActGroup } from "../../shared/messages/operators/define-act.ts";
import { type ActAnswer, ActCall } from "../../shared/messages/operators/envelope.ts";
import { copyJournal, JournalBehind, refuseBehind } from "../archive/journal-copies.ts";
import { MACHINE_CLOCK } from "../clock.ts";
import { stepPorts } from "../roll/steps/step-ports.ts";
import { cursorHash, forgetCursors, isAnswered, noteCursor } from "./cursors.ts";
import { appendJournal, begunOf, resultOf } from "./journal.ts";
import { carriedOut, isProposal, proposalOf, propose } from "./proposals.ts";
import { refuseUnpinned } from "./refuse-unpinned.ts";
import { type ActContext, type DoorAct, type DoorServices, parsed, type ReadCall, type Step } from "./services.ts";

/** A call of the operators' API. */
export interface DoorCall {
  readonly group: ActGroup;
  readonly name: string;
  /** The body, as it was parsed from JSON. */
  readonly body: unknown;
  readonly operator: Operator;
}

/** After how long a step should end, in milliseconds; API Gateway gives an answer up after 29 s. */
const STEP_MS = 10_000;

/**
 * Answers a call. The template decides by the path who may call. This reads the request, asks for a second person where
 * the stage wants one, keeps the journal, and does one step.
 *
 * @param services what the function has
 * @param acts the acts that it answers
 * @param call the call
 * @throws Refusal when there is no such act, the request is not of its form, or it cannot be done
 */
export async function answerCall(services: DoorServices, acts: readonly DoorAct[], call: DoorCall): Promise<ActAnswer> {
  const isApproved = call.group === "approved" || call.group === "roll-approved";
  const group = call.group === "approved" ? "acts" : call.group === "roll-approved" ? "rolls" : call.group;
  const act = acts.find((one) => one.group === group && one.name === call.name);
  if (act === undefined) {
    throw new Refusal(`There is no act ${call.group}/${call.name}.`, { code: "no_such_act", subject: call.name });
  }
  const { run, proposal, ...given } = parsed(ActCall, call.body, "the call");
  const read = act.read(given.request, given.cursor);
  const { servers, simulated } = services;
  const { clock, rolls } = simulated ?? { clock: MACHINE_CLOCK, rolls: () => stepPorts(servers) };
  const context: ActContext = {
    services,
    servers,
    clock,
    rolls,
    operator: call.operator,
    archive: services.archive,
    isRepeated: false,
    // An approved act is done once, even if several people carry it out.
    run: isApproved && proposal !== undefined ? proposal : run,
    deadline: clock.now() + STEP_MS,
  };
  if (group !== "acts" && group !== "rolls") return answerOf(await read.step(context));
  const needsTwo = services.twoPeople && act.people === 2;
  if (needsTwo) {
    refuseUnpinned(
      call.operator,
      `${isApproved ? "carries out" : "proposes"} an act that needs two people`,
      read.lawId,
    );
  }
  if (isApproved) await refuseUnlessApproved(context, act.name, read.request, proposal);
  else if (needsTwo) {
    await read.check(context);
    const { id, hash, expires_at } = await propose(context, act.name, read.lawId, read.request);
    return { proposal: { id, act: act.name, hash, expires_at } };
  } else if (!read.isUrgent) await refuseProposalsRun(context);
  return answerOf(await recorded(context, act.name, read, isApproved ? proposal : undefined));
}

/** Does a step, with its act in the journal: before it takes effect, and when it has ended. */
async function recorded(
  context: ActContext,
  act: string,
  read: ReadCall,
  proposal: string | undefined,
): Promise<Step<unknown, unknown>> {
  const { lawId } = read;
  const keeps = read.recorded !== undefined;
  const content = { request: read.recorded, ...(proposal === undefined ? {} : { proposal }) };
  const write: Write = (phase, said) => appendJournal(context, { act, phase, lawId, content: canonicalJson(said) });
  if (read.isUrgent) return urgent(context, act, read, content);
  // The first entry of an act is compared with the archive when it is written.
  if (!(keeps && read.isFirstStep) && !read.bringsBackJournal) {
    await refuseBehind(context.servers.pool, context.services.archive);
  }
  let isRepeated = false;
  if (keeps) {
    isRepeated = await refuseAnotherAct(context, act, canonicalJson(content), read);
    // The answer to an earlier try was lost.
    const ended = await resultOf(context.servers.pool, context.run);
    if (ended !== undefined) {
      await copyJournal(context.servers.pool, context.services.archive);
      if (proposal !== undefined) await carriedOut(context.servers.pool, proposal);
      return { done: true, result: ended.result };
    }
    if (read.isFirstStep) await write("begun", content);
  } else if (!read.isFirstStep && !(await isAnswered(context.servers.pool, context.run, read.cursor))) {
    throw madeUp(context.run);
  }
  let step: Step<unknown, unknown>;
  try {
    const now = { ...context, isRepeated };
    if (read.isFirstStep) await read.check(now);
    step = await read.step(now);
  } catch (error) {
    // What failed for another reason is sent again, and may end well.
    if (keeps && error instanceof Refusal) {
      await write("failed", { refused: error.message });
      await forgetCursors(context.servers.pool, context.run);
    }
    throw error;
  }
  if (!step.done) {
    await noteCursor(context.servers.pool, context.run, step.cursor);
    return step;
  }
  // Without entries, nothing would tell a last step that is sent again from a made-up one: its cursors stay.
  if (keeps) {
    await write("done", { result: step.result });
    await forgetCursors(context.servers.pool, context.run);
  }
  if (proposal !== undefined) await carriedOut(context.servers.pool, proposal);
  return step;
}

type Write = (phase: "begun" | "done" | "failed", said: object) => Promise<void>;

/** Does an urgent act. It is done before its run is looked at, so it gets another run if it has somebody else's. */
async function urgent(
  context: ActContext,
  act: string,
  read: ReadCall,
  content: object,
): Promise<Step<unknown, unknown>> {
  let own = context;
  const write: Write = (phase, said) =>
    appendJournal(own, { act, phase, lawId: read.lawId, content: canonicalJson(said) });
  const begin = async () => {
    try {
      await refuseProposalsRun(context);
      await refuseAnotherAct(context, act, canonicalJson(content), read);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      own = { ...context, run: randomUUID() };
    }
    await write("begun", content);
    return own.run;
  };
  return doneFirst(context, read, begin, write);
}

/** Does what must not wait for the journal: its entries come after it, or not at all while PostgreSQL is away. */
async function doneFirst(
  context: ActContext,
  read: ReadCall,
  begin: () => Promise<string>,
  write: Write,
): Promise<Step<unknown, unknown>> {
  let step: Step<unknown, unknown>;
  try {
    step = await read.step(context);
  } catch (error) {
    if (error instanceof Refusal) {
      await begin();
      await write("failed", { refused: error.message });
    }
    throw error;
  }
  if (!step.done) return step;
  try {
    const run = await begin();
    // The answer to an earlier try was lost.
    const ended = await resultOf(context.servers.pool, run);
    if (ended !== undefined) return { done: true, result: ended.result };
    await write("done", { result: step.result });
    return step;
  } catch (error) {
    if (error instanceof Refusal && !(error instanceof JournalBehind)) throw error;
    context.services.onWithoutJournal(error);
    return { done: true, result: { ...AnyResult.parse(step.result), in_journal: false } };
  }
}

const AnyResult = z.looseObject({});

/**
 * A run is one act with one request, and its first step is in the journal before any other is done. It goes on only
 * from a cursor that it has answered: steps believe what a cursor says. Of an act that leaves no entry when it begins,
 * the cursor alone is compared. Acts that only look compare nothing: what a made-up cursor says is told to its own
 * caller alone.
 *
 * @returns whether it has begun
 */
async function refuseAnotherAct(
  context: ActContext,
  act: string,
  content: string,
  { isFirstStep, cursor }: ReadCall,
): Promise<boolean> {
  const { pool } = context.servers;
  const begun = await begunOf(pool, context.run, isFirstStep ? undefined : cursorHash(cursor));
  // With a made-up cursor, a caller would go round the check that refused the first step.
  if (begun?.isRefused === true && !isFirstStep) {
    throw new Refusal(`The run ${context.run} was refused: send the first step again, which has no cursor.`, {
      code: "invalid_request",
    });
  }
  if (begun === undefined ? !isFirstStep : begun.act !== act || begun.content !== content) {
    throw new Refusal(
      begun === undefined
        ? `The run ${context.run} has not begun: send the first step, which has no cursor.`
        : `The run ${context.run} is of another act, or of another request: take a new one.`,
      { code: "invalid_request" },
    );
  }
  if (begun === undefined || isFirstStep || begun.isAnswered) return begun !== undefined;
  // Another sender of the same run may have ended it just now, and with it its cursors.
  if ((await resultOf(pool, context.run)) !== undefined) return true;
  throw madeUp(context.run);
}

function madeUp(run: string): Refusal {
  return new Refusal(`The cursor is not one of the run ${run}: start the command again.`, { code: "invalid_request" });
}

/** An act that was not proposed does not take the run of a proposal: that would look as if the proposal had begun. */
async function refuseProposalsRun({ servers, run, services }: ActContext): Promise<void> {
  if (!services.twoPeople) return;
  if (!(await isProposal(servers.pool, run))) return;
  throw new Refusal(`The run ${run} is that of a proposal: take a new one.`, { code: "invalid_request" });
}

/** Refuses what nobody has approved, or what is not exactly what was approved. */
async function refuseUnlessApproved(
  { servers }: ActContext,
  act: string,
  request: unknown,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) throw new Refusal("An approved act names its proposal.", { code: "invalid_request" });
  const { state, ...proposal } = await proposalOf(servers.pool, id);
  if (proposal.act !== act || proposal.hash !== requestHash(act, request)) {
    throw new Refusal(`The proposal ${id} is for something else than ${act} with this request.`, { subject: id });
  }
  if (state !== "approved" && state !== "done") {
    throw new Refusal(`The proposal ${id} is ${state}; nothing was done.`, { subject: id });
  }
}

function answerOf(step: Step<unknown, unknown>): ActAnswer {
  return step.done
    ? { done: true, result: step.result }
    : { done: false, cursor: step.cursor, progress: step.progress };
}
