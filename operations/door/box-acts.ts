import type { Law } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import * as sealed from "../../shared/messages/operators/sealed-laws.ts";
import { type BringSoFar, bringStep, refuseFirstPiece } from "../box/bring-opening.ts";
import { refuseBringer, refuseToWithdraw } from "../box/check-opening.ts";
import { type BroughtOpening, boxHeader, type ClosedBox, closedBox, openingsOf } from "../box/closed-box.ts";
import { boxPiece, hashBox } from "../box/read-box.ts";
import { readKeys, readTest } from "../box/register.ts";
import { keepPiece, type SentList } from "../box/sent-list.ts";
import type { LawChanges } from "../law-book/law-book.ts";
import { changeLaw } from "../laws/change.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import { refuseUnpinned } from "./refuse-unpinned.ts";
import { type ActContext, codeOf } from "./services.ts";

export const registerKeysCode = codeOf(sealed.registerKeys, {
  lawOf: ({ law_id }) => law_id,
  check: async (context, { law_id, keys }) => check(context, law_id, (law, now) => readKeys(law, keys, now)),
  step: async (context, { law_id, keys }) => registered(context, law_id, (law, now) => readKeys(law, keys, now)),
});

export const registerTestCode = codeOf(sealed.registerTest, {
  lawOf: ({ law_id }) => law_id,
  check: async (context, { law_id, statement }) => check(context, law_id, (law, now) => readTest(law, statement, now)),
  step: async (context, { law_id, statement }) =>
    registered(context, law_id, (law, now) => readTest(law, statement, now)),
});

type Decide = (law: Law, now: Date) => LawChanges | undefined;

async function check({ servers }: ActContext, lawId: string, decide: Decide): Promise<void> {
  for (const law of await existingLaws(servers, [lawId])) decide(law, new Date());
}

async function registered({ servers }: ActContext, lawId: string, decide: Decide) {
  let changed = false;
  const law = await changeLaw(servers.laws, lawId, (read) => {
    const changes = decide(read, new Date());
    changed = changes !== undefined;
    return changes;
  });
  return { done: true, result: { law: operatorsLaw(law, new Date()), changed } } as const;
}

export const exportBoxCode = codeOf(sealed.exportBox, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers }, { law_id }) => {
    await closedBox(servers, law_id);
  },
  step: async ({ servers, clock, deadline }, { law_id }, cursor) => {
    const box = await closedBox(servers, law_id);
    const hashed = await hashBox(servers.pool, box, cursor, () => clock.now() >= deadline);
    if ("sha256" in hashed) return { done: true, result: { law_id, header: boxHeader(box), sha256: hashed.sha256 } };
    return { done: false, cursor: hashed, progress: hashing(hashed.envelopes, box.closing.counted) };
  },
});

function hashing(done: number, total: number) {
  return { label: "envelopes hashed", done, total };
}

/** That somebody reads a box, the act before it says in the journal. */
export const readBoxCode = codeOf(sealed.readBox, {
  recorded: () => undefined,
  step: async (context, { law_id, after }) => {
    const { servers } = context;
    await closedBox(servers, law_id);
    await refuseWithoutExport(context, law_id);
    const { envelopes, last } = await boxPiece(servers.pool, law_id, after ?? null, sealed.PIECE_ENVELOPES);
    return { done: true, result: { envelopes: envelopes.join(";"), last } };
  },
});

/** Otherwise somebody could read the whole box, and the journal would not say so. */
async function refuseWithoutExport({ servers, operator }: ActContext, lawId: string): Promise<void> {
  const { rowCount } = await servers.pool.query(
    "select from journal where law_id = $1 and act = $2 and phase = 'done' and identity = $3 limit 1",
    [lawId, sealed.exportBox.name, operator.identity],
  );
  if (rowCount !== 0) return;
  throw new Refusal(`You have not exported the box of ${lawId}: npm run ops -- export-box ${lawId} --out FILE`, {
    subject: lawId,
  });
}

/** That an opening was brought is an entry of the journal. */
export const sendOpeningCode = codeOf(sealed.sendOpening, {
  recorded: () => undefined,
  step: async (context, { law_id, sha256, number, text }) => {
    const { servers } = context;
    const box = await closedBox(servers, law_id);
    await refuseToBring(context, box);
    if (number === 0) refuseFirstPiece(box, text);
    return {
      done: true,
      result: { next_piece: await keepPiece(servers.pool, listOf(context, law_id, sha256), number, text) },
    };
  },
});

export const bringOpeningCode = codeOf(sealed.bringOpening, {
  lawOf: ({ law_id }) => law_id,
  check: async (context, { law_id }) => {
    const box = await closedBox(context.servers, law_id);
    // A step whose answer was lost has brought it.
    const brought = await openingsOf(context.servers.pool, law_id);
    if (!brought.some(({ run }) => run === context.run)) await refuseToBring(context, box);
  },
  step: async (context, { law_id, sha256, pieces }, cursor) => {
    const { servers, services, run, clock, deadline } = context;
    const step = await bringStep(
      {
        ...{ servers, list: listOf(context, law_id, sha256), pieces, twoPeople: services.twoPeople, run },
        isOver: () => clock.now() >= deadline,
      },
      cursor && { ...cursor, box: cursor.box ?? undefined },
    );
    if ("brought" in step) return { done: true, result: answerOf(law_id, step.brought) };
    const { soFar } = step;
    return { done: false, cursor: { ...soFar, box: soFar.box ?? null }, progress: progressOf(soFar, pieces) };
  },
});

function progressOf({ piece, box, list }: BringSoFar, pieces: number) {
  if (box !== undefined) return hashing(box.envelopes, list.header?.envelopes ?? box.envelopes);
  return { label: "pieces of the list checked", done: piece, total: pieces };
}

function answerOf(law_id: string, { number, sha256, oui, non, spoiled }: BroughtOpening) {
  const reasons = Object.entries(spoiled).map(([reason, ballots]) => ({ reason, ballots }));
  const envelopes = oui + non + reasons.reduce((all, { ballots }) => all + ballots, 0);
  return { law_id, number, sha256, envelopes, spoiled: reasons };
}

export const withdrawOpeningCode = codeOf(sealed.withdrawOpening, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers, isRepeated }, { law_id, sha256 }) => {
    const { law } = await closedBox(servers, law_id);
    refuseForbidden(law, "bring_opening", Date.now());
    if (!isRepeated) refuseToWithdraw(law_id, await openingsOf(servers.pool, law_id), sha256);
  },
  step: async ({ servers }, { law_id, sha256 }) => {
    await servers.pool.query("select withdraw_opening($1, decode($2, 'hex'))", [law_id, sha256]);
    return { done: true, result: { law_id, sha256 } };
  },
});

function listOf({ operator }: ActContext, lawId: string, sha256: string): SentList {
  return { lawId, sha256, operator: operator.name };
}

async function refuseToBring({ servers, services, operator }: ActContext, { law }: ClosedBox): Promise<void> {
  refuseForbidden(law, "bring_opening", Date.now());
  if (services.twoPeople) refuseUnpinned(operator, "brings an opening", law.lawId);
  refuseBringer(law.lawId, await openingsOf(servers.pool, law.lawId), operator.name, services.twoPeople);
}
