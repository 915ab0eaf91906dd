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

/** A law, as the API describes it (docs/openapi.json, `PublicLaw`). */
export interface Law {
  readonly law_id: string;
  readonly title: { readonly fr: string; readonly en: string };
  readonly opens_at: string;
  readonly closes_at: string | null;
  readonly state: "open" | "not_open_yet" | "closed" | "frozen";
}

/** A tally (`LawResult`). */
export interface Result {
  readonly oui_count: number;
  readonly non_count: number;
  readonly total_votes: number;
  readonly updated_at: string | null;
}

/** A turnout (`Turnout`). */
export interface Turnout {
  readonly eligible: number;
  readonly voted: number;
  readonly hours: ReadonlyArray<{ readonly from: string; readonly until: string; readonly voted: number }>;
}

/** A receipt (`Receipt`). */
export interface Receipt {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: "received" | "counted" | "duplicate" | "invalid" | "lost";
  readonly updated_at: string;
}

/** Reads what the API answers. Its schemas are tested against these types. */
async function read<T>(path: string): Promise<Read<T>> {
  let response: Response;
  try {
    response = await fetch(`${API}/api/v1/${path}`, {
      credentials: "omit",
      signal: AbortSignal.timeout(READ_TIMEOUT_MS),
    });
    if (response.ok) return { kind: "read", body: (await response.json()) as T };
  } catch {
    return { kind: navigator.onLine ? "away" : "offline" };
  }
  if (response.status === 404) return { kind: "missing" };
  return { kind: response.status === 429 ? "busy" : "away" };
}

export const readLaws = () => read<{ readonly laws: readonly Law[] }>("laws");
export const readLaw = (id: string) => read<Law>(`laws/${encodeURIComponent(id)}`);
export const readResult = (id: string) => read<Result>(`results/${encodeURIComponent(id)}`);
export const readTurnout = (id: string) => read<Turnout>(`turnout/${encodeURIComponent(id)}`);
export const readReceipt = (id: string) => read<Receipt>(`votes/${encodeURIComponent(id)}`);
