import type { z } from "zod";
import { Busy, Refusal } from "../../shared/domain/refusal.ts";
import * as restoring from "../../shared/messages/operators/restoring.ts";
import { bringBackJournal } from "../archive/journal-copies.ts";
import { bringBackSetAside } from "../archive/set-aside-copies.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { askToRestoreLog, wakeLog } from "../laws/log-function.ts";
import { replayChanges } from "../roll/changes/replay-changes.ts";
import { bringBackProposal } from "./bring-back-proposal.ts";
import { inArchive, latestEntries } from "./journal.ts";
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
 * has one, if anything was brought back that no entry tells of, be it by an earlier run that was cut off.
 */
export const restoreActsCode = codeOf(restoring.restoreActs, {
  recorded: () => undefined,
  bringsBackJournal: true,
  step: async (context, _request, cursor = { entries: 0, set_aside: 0, after: null }) => {
    const { servers, archive, clock, deadline } = context;
    const isOver = () => clock.now() >= deadline;
    let { entries, set_aside } = cursor;
    if (cursor.after === null) {
      // A try that was cut off may have brought the last entry back, and not what it says of a proposal.
      for (const entry of await latestEntries(servers.pool, 1)) await bringBackProposal(context, entry);
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
    return { done: true, result: { ...(await told(context)), unfinished: await unfinishedOf(context) } };
  },
});

type BroughtBack = Record<"entries" | "set_aside", number>;

/** Writes the entry of what was brought back, unless the run has it or nothing was. @returns what the entry says */
async function told(context: ActContext): Promise<BroughtBack> {
  const { servers, operator, services, run } = context;
  const [what] = (
    await servers.pool.query<BroughtBack & Record<"is_told" | "is_of_another_act", boolean>>(
      "select entries, set_aside, is_told, is_of_another_act from to_tell($1)",
      [run],
    )
  ).rows;
  if (what === undefined) throw new Error("PostgreSQL does not say what was brought back");
  if (what.is_of_another_act) {
    throw new Refusal(`The run ${run} is of another act: take a new one.`, { code: "invalid_request" });
  }
  let { entries, set_aside } = what;
  if (what.is_told || entries + set_aside > 0) {
    await inArchive(context, async (last) => {
      const { rows } = await servers.pool.query<BroughtBack>(
        "select entries, set_aside from append_restored($1, $2, $3, $4, $5)",
        [operator.name, operator.identity, services.release, run, last],
      );
      for (const row of rows) ({ entries, set_aside } = row);
    });
  }
  return { entries, set_aside };
}

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
