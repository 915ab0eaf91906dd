import type { z } from "zod";
import type { Law } from "../../shared/domain/law.ts";
import * as laws from "../../shared/messages/operators/laws.ts";
import { lawTimingOf, soonestMoment } from "../law-book/timing.ts";
import { addLaw, type NewLaw, readNewLaw } from "../laws/add.ts";
import { changeDraft, type DraftChange, readDraftChange } from "../laws/change-draft.ts";
import { changeWindow, type WindowChangeRequest } from "../laws/change-window.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { writeFrozen } from "../laws/freeze.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { changePromiseKey, refuseToChangePromiseKey } from "../laws/promise-key.ts";
import { closeLaw, openLaw } from "../laws/window.ts";
import { rollSizes } from "../roll/count.ts";
import { type ActCode, type ActContext, codeOf } from "./services.ts";

export const listLawsCode = codeOf(laws.listLaws, {
  step: async ({ servers }) => {
    const now = new Date();
    const sizes = await rollSizes(servers);
    const all = await servers.laws.list();
    return {
      done: true,
      result: { laws: all.map((law) => ({ ...operatorsLaw(law, now), voters: sizes.get(law.lawId) ?? 0 })) },
    };
  },
});

/** A new law takes the present version of the keys, so the function that reads keys adds it. */
export const addLawCode = codeOf(laws.addLaw, {
  lawOf: ({ law_id }) => law_id,
  check: async (_, request) => {
    readNewLaw(newLawOf(request), new Date());
  },
  step: async ({ servers, isRepeated }, request) => {
    const now = new Date();
    const before = isRepeated ? await servers.laws.get(request.law_id) : undefined;
    const isAdded = before !== undefined && isLawOf(newLawOf(request), before);
    const law = isAdded ? before : await addLaw(servers, newLawOf(request), now);
    const like = (await servers.laws.list()).find(
      ({ lawId }) => lawId !== law.lawId && lawId.toLowerCase() === law.lawId.toLowerCase(),
    );
    return { done: true, result: { law: operatorsLaw(law, now), like_it: like?.lawId ?? null } };
  },
});

/** Whether a law is what a request asked for. */
function isLawOf(request: NewLaw, law: Law): boolean {
  const { lawId, title, opensAt, closesAt } = readNewLaw(request, new Date(law.opensAt));
  if (law.form !== request.form) return false;
  return lawId === law.lawId && title === law.title && opensAt === law.opensAt && closesAt === law.closesAt;
}

function newLawOf(request: z.output<typeof laws.addLaw.request>): NewLaw {
  const { law_id, title_fr, title_en, expected_voters: expectedVoters, ...rest } = request;
  return { lawId: law_id, titles: { fr: title_fr, en: title_en }, expectedVoters, ...rest };
}

export const changeDraftCode = codeOf(laws.changeDraft, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers }, { law_id, ...request }) => {
    const [law] = await existingLaws(servers, [law_id]);
    if (law !== undefined) readDraftChange(law, draftChangeOf(request), new Date());
  },
  step: async ({ servers }, { law_id, ...request }) => {
    const { law, changed } = await changeDraft(servers, law_id, draftChangeOf(request));
    return { done: true, result: { law: operatorsLaw(law, new Date()), changed } };
  },
});

function draftChangeOf(request: Omit<z.output<typeof laws.changeDraft.request>, "law_id">): DraftChange {
  const { title_fr: titleFr, title_en: titleEn, expected_voters: expectedVoters, ...rest } = request;
  return { titleFr, titleEn, expectedVoters, ...rest };
}

export const openLawCode = codeOf(laws.openLaw, {
  lawOf: ({ law_id }) => law_id,
  check: async (context, { law_id, ...request }) => {
    await checkChange(context, law_id, instantOf(request.at), openDecision(request));
  },
  step: async (context, { law_id, ...request }) =>
    changed(context, law_id, instantOf(request.at), openDecision(request)),
});

export const closeLawCode = codeOf(laws.closeLaw, {
  lawOf: ({ law_id }) => law_id,
  check: async (context, { law_id, at }) => {
    await checkChange(context, law_id, instantOf(at), closeDecision);
  },
  step: async (context, { law_id, at }) => changed(context, law_id, instantOf(at), closeDecision),
});

type Decide = WindowChangeRequest["decide"];

const closeDecision: Decide = (law, moment, at) => closeLaw(law, moment, { at });

function openDecision(request: { readonly until?: string | undefined; readonly reopen?: boolean | undefined }): Decide {
  const until = instantOf(request.until);
  return (law, moment, at) => openLaw(law, moment, { at, until, reopen: request.reopen });
}

function instantOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

async function checkChange(
  { servers }: ActContext,
  lawId: string,
  at: Date | undefined,
  decide: Decide,
): Promise<void> {
  const [law] = await existingLaws(servers, [lawId]);
  const timing = lawTimingOf(servers);
  const now = await timing.now();
  if (law !== undefined) decide(law, { now, soonest: soonestMoment(timing, now) }, at);
}

async function changed({ servers }: ActContext, lawId: string, at: Date | undefined, decide: Decide) {
  const timing = lawTimingOf(servers);
  const { law, inForceAt } = await changeWindow(servers.laws, timing, lawId, { at, decide });
  const now = await timing.now();
  return {
    done: true,
    result: {
      law: operatorsLaw(law, now),
      in_force_at: inForceAt?.toISOString() ?? null,
      now: now.toISOString(),
    },
  } as const;
}

export const changePromiseKeyCode = codeOf(laws.changePromiseKey, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers }, { law_id }) => {
    for (const law of await existingLaws(servers, [law_id])) refuseToChangePromiseKey(law, new Date());
  },
  step: async ({ servers }, { law_id }) => {
    const { law, changed } = await changePromiseKey(servers, law_id);
    const answered = operatorsLaw(law, new Date());
    return { done: true, result: { law: answered, changed, key_id: answered.promise_keys.at(-1)?.key_id } };
  },
});

export const freezeLawCode = codeOf(laws.freezeLaw, freezing(true));
export const unfreezeLawCode = codeOf(laws.unfreezeLaw, freezing(false));

/** Whoever freezes waits; the answer says for how long. */
function freezing(frozen: boolean): Omit<ActCode<typeof laws.freezeLaw>, "act"> {
  return {
    lawOf: ({ law_id }) => law_id,
    isUrgent: frozen,
    step: async ({ servers }, { law_id }) => {
      const { changed: isChanged, knownWithinSeconds } = await writeFrozen(
        { laws: servers.laws, timing: lawTimingOf(servers) },
        law_id,
        frozen,
      );
      return {
        done: true,
        result: { law_id, frozen, changed: isChanged, known_within_seconds: knownWithinSeconds, in_journal: true },
      };
    },
  };
}
