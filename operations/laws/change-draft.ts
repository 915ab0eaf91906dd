import type { Law, Proof, ResultsWhen } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { KnownLaw, LawChanges } from "../law-book/law-book.ts";
import type { Servers } from "../servers.ts";
import { readInstant, readTitle, refuseNoWindow, refuseWrongForm, utcOffsetOf } from "./add.ts";
import { changeLaw } from "./change.ts";
import { refuseForbidden } from "./refuse-forbidden.ts";

/** What an operator wants to change in a draft; what is undefined stays as it is. */
export interface DraftChange {
  /** The title in each language for which none of the next two is given. */
  readonly title?: string | undefined;
  readonly titleFr?: string | undefined;
  readonly titleEn?: string | undefined;
  /** Instants in ISO 8601 with a zone. */
  readonly opens?: string | undefined;
  /** Null: it stays open until somebody closes it. */
  readonly closes?: string | null | undefined;
  readonly expectedVoters?: number | undefined;
  readonly results?: ResultsWhen | undefined;
  readonly proof?: Proof | undefined;
}

/**
 * Changes a draft. No voter has seen it, so nobody has to be told.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param change what changes
 * @returns the law, and whether anything changed
 * @throws Refusal when there is no such law, it is no draft any more, or the change is wrong
 */
export async function changeDraft(
  servers: Pick<Servers, "laws">,
  lawId: string,
  change: DraftChange,
): Promise<{ readonly law: KnownLaw; readonly changed: boolean }> {
  let changed = false;
  const law = await changeLaw(servers.laws, lawId, (read) => {
    const changes = readDraftChange(read, change, new Date());
    changed = changes !== undefined;
    return changes;
  });
  return { law, changed };
}

/**
 * Reads what changes in a draft.
 *
 * @param law the law
 * @param change what somebody wants
 * @param now the present instant
 * @returns undefined when the draft is so already
 * @throws Refusal when it is no draft any more, or the change is wrong
 */
export function readDraftChange(law: Law, change: DraftChange, now: Date): LawChanges | undefined {
  refuseForbidden(law, "change_draft", now.getTime());
  if (Object.values(change).every((value) => value === undefined)) {
    throw new Refusal(`Nothing was said that is to change in ${law.lawId}.`);
  }
  refuseWrongForm(law.lawId, law.form, change);
  const changes = { ...titlesOf(law, change), ...windowOf(law, change), ...restOf(change) };
  const isSo = Object.entries(changes).every(
    ([name, value]) => JSON.stringify(law[name as keyof Law]) === JSON.stringify(value),
  );
  return isSo ? undefined : changes;
}

function titlesOf({ title: titleBefore, titles }: Law, { title, titleFr, titleEn }: DraftChange): LawChanges {
  if (title === undefined && titleFr === undefined && titleEn === undefined) return {};
  // A new title is that of each language without one.
  const kept = title === undefined ? titles : undefined;
  const fr = titleFr === undefined ? kept?.fr : readTitle("French title", titleFr);
  const en = titleEn === undefined ? kept?.en : readTitle("English title", titleEn);
  return {
    title: title === undefined ? titleBefore : readTitle("title", title),
    titles: fr === undefined && en === undefined ? undefined : { fr, en },
  };
}

function windowOf(law: Law, { opens, closes }: DraftChange): LawChanges {
  if (opens === undefined && closes === undefined) return {};
  const opensAt = opens === undefined ? new Date(law.opensAt) : readInstant("--opens", opens);
  const before = law.closesAt === undefined ? undefined : new Date(law.closesAt);
  const closesAt = closes === undefined ? before : closes === null ? undefined : readInstant("--closes", closes);
  refuseNoWindow(opensAt, closesAt);
  return {
    opensAt: opensAt.toISOString(),
    closesAt: closesAt?.toISOString(),
    ...(opens === undefined ? {} : { plannedOpensAt: opensAt.toISOString() }),
    ...utcOffsetOf(opens ?? closes ?? undefined),
  };
}

function restOf({ expectedVoters, results, proof }: DraftChange): LawChanges {
  return {
    ...(proof === undefined ? {} : { proof: proof === "none" ? undefined : proof }),
    ...(expectedVoters === undefined ? {} : { expectedVoters }),
    ...(results === undefined ? {} : { results: results === "live" ? undefined : results }),
  };
}
