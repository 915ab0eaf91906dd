import { setTimeout as pause } from "node:timers/promises";
import type { z } from "zod";
import { Refusal } from "../../shared/domain/refusal.ts";
import * as receipts from "../../shared/messages/operators/receipts.ts";
import { queueDepths } from "../queues/depths.ts";
import { beginComparison, tablesOf } from "../receipts/comparison.ts";
import { markLost } from "../receipts/lost-receipts.ts";
import {
  orphansPage,
  type RestoreRequest,
  type RestoreState,
  restoreStep,
  summaryOfOrphans,
} from "../receipts/restore-receipts.ts";
import type { Servers } from "../servers.ts";
import { type ActContext, codeOf, type Step } from "./services.ts";

type RestoreCursor = z.output<typeof receipts.restoreReceipts.cursor>;

const cursorOf = (state: RestoreState): RestoreCursor => ({
  ...state,
  receipts: { ...state.receipts, segments: [...state.receipts.segments] },
});

function progressOf({ phase, receipts: { read }, written }: RestoreState) {
  if (phase === "receipts") return { label: "receipts read", done: read };
  return {
    label: phase === "missing" ? "receipts written" : "receipts compared",
    done: phase === "missing" ? written : read,
  };
}

export const restoreReceiptsCode = codeOf(receipts.restoreReceipts, {
  step: (context, _, cursor) => compared(context, { writes: true }, cursor),
});

export const compareReceiptsCode = codeOf(receipts.compareReceipts, {
  step: async (context, _, cursor) => {
    const step = await compared(context, { writes: false, counts: true }, cursor);
    if (!step.done) return step;
    const { written: missing, ...found } = step.result;
    return { done: true, result: { missing, ...found } };
  },
});

/** Goes on with the comparison of receipts with the audit. */
async function compared(
  { servers, run, deadline }: ActContext,
  how: Omit<RestoreRequest, "id">,
  cursor: RestoreCursor | undefined,
): Promise<Step<RestoreCursor, z.output<typeof receipts.restoreReceipts.result>>> {
  if (cursor === undefined) await beginComparison(servers.pool, run);
  const state = cursor?.phase === "done" ? cursor : await restoreStep(servers, { id: run, ...how }, cursor, deadline);
  if (state.phase !== "done" || performance.now() > deadline) {
    return { done: false, cursor: cursorOf(state), progress: progressOf(state) };
  }
  const found = await summaryOfOrphans(servers, run);
  return { done: true, result: { written: state.written, ...found, comparison: run } };
}

const PAGE = 2_000;

export const listOrphansCode = codeOf(receipts.listOrphans, {
  step: async ({ servers }, { comparison, after, limit = PAGE }) => ({
    done: true,
    result: { orphans: [...(await orphansPage(servers, comparison, after, limit))] },
  }),
});

type MarkCursor = z.output<typeof receipts.markLost.cursor>;
type MarkRequest = z.output<typeof receipts.markLost.request>;
type MarkStep = Step<MarkCursor, z.input<typeof receipts.markLost.result>>;

/** Receipts that are marked before the clock is looked at. */
const MARK_PAGE = 500;
/** SQS counts approximately on AWS, so that one reading of empty queues proves nothing. */
const AWS_READINGS = 4;
const AWS_PAUSE_MS = 2_500;

export const markLostCode = codeOf(receipts.markLost, {
  check: async ({ servers }) => refuseUnlessDrained(servers),
  step: async (context, request, cursor): Promise<MarkStep> => {
    const { servers, run, deadline } = context;
    if (cursor === undefined) await beginComparison(servers.pool, run);
    // A vote in a queue may be the first vote of a duplicate that looks lost.
    for (let reading = 0; cursor === undefined && servers.distributed && reading < AWS_READINGS; reading++) {
      await pause(AWS_PAUSE_MS);
      await refuseUnlessDrained(servers);
    }
    const restore =
      cursor?.restore.phase === "done"
        ? cursor.restore
        : await restoreStep(servers, { id: run, writes: false }, cursor?.restore, deadline);
    const now: MarkCursor = { restore: cursorOf(restore), after: null, marked: 0, ...pick(cursor) };
    if (restore.phase !== "done" || performance.now() > deadline) {
      return { done: false, cursor: now, progress: progressOf(restore) };
    }
    return markPages(context, request, now);
  },
});

function pick(cursor: MarkCursor | undefined): Partial<MarkCursor> {
  return cursor === undefined ? {} : { after: cursor.after, marked: cursor.marked };
}

/** Marks page by page. Each may be marked again. */
async function markPages(
  { servers, run, deadline }: ActContext,
  request: MarkRequest,
  cursor: MarkCursor,
): Promise<MarkStep> {
  const { orphans, sha256 } = await summaryOfOrphans(servers, run);
  if (orphans !== request.orphans || sha256 !== request.sha256) {
    throw new Refusal(
      `${orphans} receipts say now what PostgreSQL does not know, and their list has the hash ${sha256}: that is not the ` +
        "list that was asked for. Make it again (npm run ops -- restore-receipts), and look at it.",
    );
  }
  await refuseLogsBehind(servers, run);
  let { after, marked } = cursor;
  for (;;) {
    const page = await orphansPage(servers, run, after ?? undefined, MARK_PAGE);
    if (page.length === 0) return { done: true, result: { orphans, sha256, marked } };
    await markLost(servers, page);
    const last = page.at(-1);
    if (last !== undefined) after = { request_id: last.request_id, status: last.status };
    marked += page.length;
    if (performance.now() > deadline) {
      const progress = { label: "receipts marked lost", done: marked, total: orphans };
      return { done: false, cursor: { ...cursor, after, marked }, progress };
    }
  }
}

/** What a log has published of a submission comes before it says that the submission is lost. */
const LOGS_BEHIND = (orphans: string) => `select l.law_id from laws l
  where l.log_key is not null and exists (select from ${orphans} o where o.law_id = l.law_id)
    and not exists (
      select from journal j where j.act = 'restore-log' and j.phase = 'done' and j.law_id = l.law_id and j.number >
        coalesce((select max(a.number) from journal a where a.act = 'restore-acts' and a.phase = 'done'), 0))
  order by l.law_id`;

async function refuseLogsBehind({ pool }: Servers, run: string): Promise<void> {
  const { rows } = await pool.query<{ law_id: string }>(LOGS_BEHIND(tablesOf(run).orphans));
  const [law] = rows;
  if (law === undefined) return;
  throw new Refusal(
    `The public log of ${law.law_id} was not brought back since PostgreSQL was restored: npm run ops -- restore-log ` +
      `${law.law_id}. Nothing was marked.`,
    { subject: law.law_id },
  );
}

async function refuseUnlessDrained(servers: Servers): Promise<void> {
  const left = Object.values(await queueDepths(servers)).reduce((total, n) => total + n, 0);
  if (left === 0) return;
  throw new Refusal(
    `${left} messages are in the queues or dead-letter queues, so it is not known yet what is lost: npm run ops -- redrive, drain; set-aside for what nothing can read.`,
  );
}
