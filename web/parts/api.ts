import { readLawAnswer, readLawsAnswer, readReceiptAnswer, readResultAnswer, readTurnoutAnswer } from "./answers.ts";

/** The API's address: beside the pages, wherever they are. */
export const API = new URL(".", location.href).href.replace(/\/$/, "");

const READ_TIMEOUT_MS = 10_000;

/** The result of a request to read something. */
export type Read<T> =
  | { readonly kind: "read"; readonly body: T }
  | { readonly kind: "missing" }
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
  let response: Response;
  try {
    response = await fetch(`${API}/api/v1/${path}`, {
      credentials: "omit",
      signal: AbortSignal.timeout(READ_TIMEOUT_MS),
    });
    if (response.ok) return { kind: "read", body: parse(await response.json()) };
  } catch {
    return { kind: navigator.onLine ? "away" : "offline" };
  }
  if (response.status === 404) return { kind: "missing" };
  return { kind: response.status === 429 ? "busy" : "away" };
}

export const readLaws = () => read("laws", readLawsAnswer);
export const readLaw = (id: string) => read(`laws/${encodeURIComponent(id)}`, readLawAnswer);
export const readResult = (id: string) => read(`results/${encodeURIComponent(id)}`, readResultAnswer);
export const readTurnout = (id: string) => read(`turnout/${encodeURIComponent(id)}`, readTurnoutAnswer);
export const readReceipt = (id: string) => read(`votes/${encodeURIComponent(id)}`, readReceiptAnswer);
