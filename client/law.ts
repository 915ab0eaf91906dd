import type { PromiseKey } from "./promise.ts";
import { type BadElectionKey, type Election, ORIGIN } from "./seal.ts";

/** What sealing needs of a law. The answer of `GET /api/v1/laws/{law_id}` is one. */
export interface LawDescription {
  readonly law_id: string;
  /** How its votes travel. An API without sealed laws does not say it: then they are open. */
  readonly form?: string | undefined;
  readonly origin?: string | undefined;
  /** The keys of its promises. Absent: the API promises nothing, unless the law is sealed. */
  readonly promise_keys?: readonly PromiseKey[] | undefined;
  readonly election_key?: string | undefined;
  /** `voter`: the opened ballots are published with their trackers. */
  readonly proof?: string | undefined;
}

/** No ballot can be sealed for a law, by what its description says. Nothing was sent. */
export class CannotSeal extends Error {
  /**
   * `unknown_form`: another one than `open` and `sealed`. `no_election_key`: the description lacks origin or key, or
   * the origin does not have its form. The others are those of `sealBallot`.
   */
  readonly type: "unknown_form" | "no_election_key" | BadElectionKey["type"];

  constructor(lawId: string, type: CannotSeal["type"]) {
    super(
      `No ballot can be sealed for the law ${lawId} (${type}), so nothing was sent. Tell the election office: its ` +
        "description is not what voters can vote with.",
    );
    this.name = "CannotSeal";
    this.type = type;
  }
}

/** The ids that the API takes, blanks removed. No other text is a law's id. */
const LAW_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;

/**
 * The id of a law as the API reads it.
 *
 * @param text what is sent
 * @returns undefined when no law can have it, so that there is no description to ask for
 */
export function lawIdOf(text: string): string | undefined {
  const id = text.trim();
  return LAW_ID.test(id) ? id : undefined;
}

/**
 * Reads what the API says of a law. What is not text, or not a list of keys, is left out.
 *
 * @param lawId the law
 * @param members of the answer
 */
export function descriptionIn(lawId: string, members: Readonly<Record<string, unknown>>): LawDescription {
  const [form, origin, election_key, proof] = ["form", "origin", "election_key", "proof"].map((name) =>
    textIn(members, name),
  );
  const keys = members["promise_keys"];
  const promise_keys = Array.isArray(keys) ? keys.flatMap(promiseKeyIn) : undefined;
  return { law_id: lawId, form, origin, election_key, proof, promise_keys };
}

function promiseKeyIn(value: unknown): PromiseKey[] {
  const members: Readonly<Record<string, unknown>> = typeof value === "object" && value !== null ? { ...value } : {};
  const [key_id, public_key] = [textIn(members, "key_id"), textIn(members, "public_key")];
  return key_id === undefined || public_key === undefined ? [] : [{ key_id, public_key }];
}

function textIn(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = members[name];
  return typeof value === "string" ? value : undefined;
}

/** Whether the API promises something to whoever votes on a law. */
export function promises({ form, promise_keys }: LawDescription): boolean {
  return form === "sealed" || promise_keys !== undefined;
}

/**
 * What ballots of a law are sealed for.
 *
 * @param law its description
 * @returns undefined for an open law
 * @throws CannotSeal when the description names no election to seal for
 */
export function electionOf({ law_id, form = "open", origin, election_key }: LawDescription): Election | undefined {
  if (form === "open") return undefined;
  if (form !== "sealed") throw new CannotSeal(law_id, "unknown_form");
  if (origin === undefined || !ORIGIN.test(origin) || election_key === undefined)
    throw new CannotSeal(law_id, "no_election_key");
  return { origin, electionKey: election_key };
}
