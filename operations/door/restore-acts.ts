import type { z } from "zod";
import { canonicalJson } from "../../shared/domain/canonical-json.ts";
import { Busy, Refusal } from "../../shared/domain/refusal.ts";
import * as restoring from "../../shared/messages/operators/restoring.ts";
import { bringBackJournal } from "../archive/journal-copies.ts";
import { bringBackSetAside } from "../archive/set-aside-copies.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { askToRestoreLog, wakeLog } from "../laws/log-function.ts";
import { replayChanges } from "../roll/changes/replay-changes.ts";
import { bringBackProposal } from "./bring-back-proposal.ts";
import { appendJournal } from "./journal.ts";
import { type ActContext, codeOf } from "./services.ts";

type Cursor = z.output<typeof restoring.restoreActs.cursor>;
type Unfinished = z.output<typeof restoring.restoreActs.result>["unfinished"];

const UNFINISHED = `select act, law_id, run::text, operator from (
    select distinct on (run) number, act, law_id, run, operator, phase from journal
    where phase in ('begun', 'done', 'failed') and run in (
      select run from journal where phase = 'begun' and at > clock_timestamp() - interval '35 days'
    )
    order by run, number desc
  ) as last
  where phase = 'begun' order by number desc limit 100`;

/**
 * It has no entry when it begins: nothing is added to the journal before PostgreSQL has all of it again. At the end it
 * has one, if it has brought anything back.
 */
export const restoreActsCode = codeOf(restoring.restoreActs, {
  recorded: () => undefined,
  bringsBackJournal: true,
  step: async (context, _request, cursor = { entries: 0, set_aside: 0, after: null }) => {
    const { servers, archive, clock, deadline } = context;
    const isOver = () => clock.now() >= deadline;
    let { entries, set_aside } = cursor;
    if (cursor.after === null) {
      const complete = await bringBackJournal(servers.pool, archive, isOver, async (entry) => {
        await bringBackProposal(context, entry);
        entries++;
      });
      if (!complete) return underWay({ entries, set_aside, after: null });
    }
    const from = { after: cursor.after ?? undefined, broughtBack: set_aside };
    const messages = await bringBackSetAside(servers.pool, archive, from, isOver);
    set_aside = messages.broughtBack;
    if (!messages.complete) return underWay({ entries, set_aside, after: messages.after ?? null });
    if (entries > 0 || set_aside > 0) {
      const content = canonicalJson({ result: { entries, set_aside } });
      await appendJournal(context, { act: restoring.restoreActs.name, phase: "done", lawId: undefined, content });
    }
    return { done: true, result: { entries, set_aside, unfinished: await unfinishedOf(context) } };
  },
});

function underWay(cursor: Cursor) {
  const done = cursor.entries + cursor.set_aside;
  return { done: false, cursor, progress: { label: "entries brought back", done } } as const;
}

async function unfinishedOf({ servers }: ActContext): Promise<Unfinished> {
  const { rows } = await servers.pool.query<Unfinished[number]>(UNFINISHED);
  return rows;
}

export const restoreRollChangesCode = codeOf(restoring.restoreRollChanges, {
  step: async (context, _request, cursor) => {
    const { replayed: changes, waiting } = await replayChanges(context, cursor?.changes ?? 0);
    if (waiting === undefined) {
      return { done: false, cursor: { changes }, progress: { label: "changes of rolls brought back", done: changes } };
    }
    return { done: true, result: { changes, waiting: [...waiting] } };
  },
});

export const restoreLogCode = codeOf(restoring.restoreLog, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers }, { law_id }) => {
    for (const law of await existingLaws(servers, [law_id])) {
      if (law.logKey === undefined)
        throw new Refusal(`${law_id} has no form, and so no public log.`, { subject: law_id });
    }
  },
  step: async ({ servers }, { law_id }, before = { epochs: 0, entries: 0 }) => {
    const { outcome, size, ...now } = await askToRestoreLog(servers, law_id);
    if (outcome === "busy") throw new Busy(`A run has the log of ${law_id}. Nothing was done.`);
    const cursor = { epochs: before.epochs + now.epochs, entries: before.entries + now.entries };
    if (outcome === "out_of_time") {
      return { done: false, cursor, progress: { label: "entries brought back", done: cursor.entries } };
    }
    await wakeLog(servers, law_id);
    return { done: true, result: { law_id, ...cursor, size } };
  },
});
