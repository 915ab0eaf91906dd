import { type ConsoleAnswer, type ConsoleAnswers, type ConsoleRequests, type Problem, TOKEN_HEADER } from "../state.ts";

/** Where a tab keeps the token, so that a reload does not lose it. Closing the tab forgets it. */
const KEY = "referendum-console";
/** The server itself answers within seconds, also for a stage that does not. */
const TIMEOUT_MS = 40_000;

/** What came of a request. */
export type Asked<T> =
  | { readonly kind: "done"; readonly result: T }
  | { readonly kind: "problem"; readonly problem: Problem }
  /** The printed address was not opened in this tab, or was that of another start. */
  | { readonly kind: "locked" }
  /** No server answers: the command has ended. */
  | { readonly kind: "ended" };

/** Takes the token out of the address, where the browser's history would keep it in sight. */
export function takeToken(): void {
  const token = location.hash.slice(1);
  if (token === "") return;
  remember(token);
  history.replaceState(null, "", location.pathname + location.search);
}

/** In memory too, where a browser keeps nothing. */
let kept = "";

function remember(token: string): void {
  kept = token;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Blocked: a reload asks for the printed address again.
  }
}

function token(): string {
  if (kept !== "") return kept;
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/**
 * Asks the console's server.
 *
 * @param name what for
 * @param request with what
 */
export async function ask<N extends keyof ConsoleRequests>(
  name: N,
  request: ConsoleRequests[N],
): Promise<Asked<ConsoleAnswers[N]>> {
  try {
    const response = await fetch(`api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", [TOKEN_HEADER]: token() },
      body: JSON.stringify(request),
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 401) return { kind: "locked" };
    if (!response.ok) return { kind: "ended" };
    // The server is of the same start as this page: what it says has the form that both have declared.
    const answer: ConsoleAnswer<ConsoleAnswers[N]> = await response.json();
    return answer.ok ? { kind: "done", result: answer.result } : { kind: "problem", problem: answer.problem };
  } catch {
    return { kind: "ended" };
  }
}
