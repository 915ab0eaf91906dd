import type { z } from "zod";
import { certifyLaw, publishLaw } from "../../shared/messages/operators/conclusion.ts";
import { type Certifying, type ConcludingContext, certifyStep, refuseToCertify } from "../certify/certify-steps.ts";
import { publishStep, refuseToPublish } from "../certify/publish-steps.ts";
import { certificateOf } from "../certify/write-certificate.ts";
import { recordedVotes } from "../count/recorded-votes.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import type { Servers } from "../servers.ts";
import { cursorOf as ledgerCursorOf, stateOf as ledgerStateOf } from "./ledger-acts.ts";
import { type ActContext, codeOf } from "./services.ts";

type Cursor = z.output<typeof certifyLaw.cursor>;

export const certifyLawCode = codeOf(certifyLaw, {
  lawOf: ({ law_id }) => law_id,
  check: ({ servers }, { law_id }) => refuseToCertify(servers, law_id),
  step: async (context, { law_id }, cursor) => {
    const now = await certifyStep(concludingOf(context), law_id, cursor && stateOf(cursor));
    if (now.phase !== "done") return { done: false, cursor: cursorOf(now), progress: progressOf(now) };
    const { text, sha256 } = now.certificate;
    return { done: true, result: { law: await lawNow(context.servers, law_id), certificate: text, sha256 } };
  },
});

export const publishLawCode = codeOf(publishLaw, {
  lawOf: ({ law_id }) => law_id,
  check: ({ servers }, { law_id }) => refuseToPublish(servers, law_id),
  step: async (context, { law_id }, cursor) => {
    const { now, published } = await publishStep(concludingOf(context), law_id, cursor);
    const { submissions, submissionParts: submission_parts, openedParts: opened_parts } = published;
    if (now !== undefined) {
      return { done: false, cursor: now, progress: { label: "submissions published", done: submissions } };
    }
    const { servers } = context;
    const { sha256 = "" } = (await certificateOf(servers.pool, law_id)) ?? {};
    const law = await lawNow(servers, law_id);
    return { done: true, result: { law, submissions, submission_parts, opened_parts, sha256 } };
  },
});

function concludingOf({ servers, services, clock, run, deadline }: ActContext): ConcludingContext {
  return { servers, votes: services.simulated?.votes() ?? recordedVotes(servers), clock, run, deadline };
}

async function lawNow(servers: Servers, lawId: string) {
  const [law] = await existingLaws(servers, [lawId]);
  if (law === undefined) throw new Error(`the law ${lawId} is gone`);
  return operatorsLaw(law, new Date());
}

function cursorOf(now: Certifying): Cursor {
  if (now.phase !== "ledger") return now;
  return { phase: "ledger", ledger: now.ledger === undefined ? null : ledgerCursorOf(now.ledger) };
}

function stateOf(cursor: Cursor): Certifying {
  if (cursor.phase !== "ledger") return cursor;
  return { phase: "ledger", ledger: cursor.ledger === null ? undefined : ledgerStateOf(cursor.ledger) };
}

/** What the step that follows does, for whoever waits. */
const LABELS = {
  clear: "earlier lists deleted",
  log: "log brought to its end",
  ledger: "votes compared",
  list: "submissions listed",
  compare: "entries of the log compared",
  write: "certificate written",
  sign: "certificate signed",
} as const satisfies Record<Certifying["phase"], string>;

function progressOf(now: Certifying) {
  const done = now.phase === "compare" ? now.place : 0;
  return { label: LABELS[now.phase], done, ...(now.phase === "compare" ? {} : { total: 1 }) };
}
