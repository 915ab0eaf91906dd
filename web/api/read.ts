import { readLawAnswer, readLawsAnswer, readReceiptAnswer, readResultAnswer, readTurnoutAnswer } from "./answers.ts";

/** The API's address: beside the pages, wherever they are. */
export const API = new URL(".", location.href).href.replace(/\/$/, "");

const READ_TIMEOUT_MS = 10_000;

/** What the id of a law looks like; a test compares it with the API's pattern. */
const LAW_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;

/** The result of a request to read something. */
export type Read<T> =
  | { readonly kind: "read"; readonly body: T }
  | { readonly kind: "missing" }
  | { readonly kind: "destroyed" }
  | { readonly kind: "busy" }
  | { readonly kind: "away" }
  | { readonly kind: "offline" };

/**
 * Reads from the API. An answer that is not what the API answers comes from something else on the way, such as the
 * login page of a hotel, and the service is as good as away.
 *
 * @param path below /api/v1/
 * @param parse reads a body, or throws
 */
async function read<T>(path: string, parse: (body: unknown) => T): Promise<Read<T>> {
  // Not AbortSignal.timeout, which browsers of 2021 do not have.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), READ_TIMEOUT_MS);
  try {
    const response = await fetch(`${API}/api/v1/${path}`, { credentials: "omit", signal: limit.signal });
    if (response.ok) return { kind: "read", body: parse(await response.json()) };
    const kind = [404, 410].includes(response.status) ? goneBy(response.status, await response.json()) : undefined;
    if (kind !== undefined) return { kind };
    return { kind: response.status === 429 ? "busy" : "away" };
  } catch {
    return { kind: navigator.onLine ? "away" : "offline" };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Whether the API itself says that there is no such law or vote. Anything else on the way may answer 404 too.
 *
 * @param problem the body of an answer 404
 */
export function isNotThere(problem: unknown): boolean {
  const type = typeOf(problem);
  return type === "urn:referendum:problem:no-such-law" || type === "urn:referendum:problem:no-such-vote";
}

/**
 * Whether the API itself says that something is not there, or was destroyed with the votes of its law.
 *
 * @param status of an answer
 * @param problem the body of it
 */
export function goneBy(status: number, problem: unknown): "missing" | "destroyed" | undefined {
  if (status === 404 && isNotThere(problem)) return "missing";
  return status === 410 && typeOf(problem) === "urn:referendum:problem:vote-destroyed" ? "destroyed" : undefined;
}

function typeOf(problem: unknown): unknown {
  return typeof problem === "object" && problem !== null && "type" in problem ? problem.type : undefined;
}

export const readLaws = () => read("laws", readLawsAnswer);
export const readLaw = (id: string) => readOfLaw("laws", id, readLawAnswer);
export const readResult = (id: string) => readOfLaw("results", id, readResultAnswer);
export const readTurnout = (id: string) => readOfLaw("turnout", id, readTurnoutAnswer);
export const readReceipt = (id: string) => read(`votes/${encodeURIComponent(id)}`, readReceiptAnswer);

/** An id that no law can have is not asked for: "" would ask for all laws, and ".." for something else. */
async function readOfLaw<T>(what: string, id: string, parse: (body: unknown) => T): Promise<Read<T>> {
  return LAW_ID.test(id) ? read(`${what}/${id}`, parse) : { kind: "missing" };
}
