/** How an invocation ended. */
export type FunctionResult =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "failed"; readonly errorType: string; readonly message: string }
  | { readonly kind: "timed_out" }
  | { readonly kind: "throttled" };

/** Runs functions. */
export interface Invoker {
  /**
   * Invokes a function with an event and waits for it. Never rejects.
   *
   * @param functionName the function's name or ARN
   * @param event the event; the function may change it
   * @param timeoutMs how long the caller waits, if that is shorter than the function's own limit
   */
  invoke(functionName: string, event: unknown, timeoutMs?: number): Promise<FunctionResult>;
}

/** The environments of one function. */
export interface FunctionPool {
  invoke(event: unknown, timeoutMs?: number): Promise<FunctionResult>;
  /** Ids of its processes; empty for a function that runs in the front. */
  pids(): number[];
  /** Starts environments before they are needed. */
  warm(count: number): Promise<void>;
  /** Ends its processes; their current work is lost. */
  stop(): Promise<void>;
}

/** The message of a failed invocation, in Lambda's words. */
export function failure(error: unknown): FunctionResult {
  return error instanceof Error
    ? { kind: "failed", errorType: error.name, message: error.message }
    : { kind: "failed", errorType: "Error", message: String(error) };
}
