import type { FunctionIdentity } from "./context.ts";
import type { SqsAnswer } from "./sqs-call.ts";

/** Messages from the front to a function's process. */
export type ToFunction =
  | {
      readonly type: "start";
      readonly identity: FunctionIdentity;
      readonly modulePath: string;
      readonly exportName: string;
    }
  | { readonly type: "event"; readonly id: number; readonly event: unknown }
  | { readonly type: "sqs"; readonly call: number; readonly answer: SqsAnswer | null };

/** Messages from a function's process to the front. */
export type FromFunction =
  | { readonly type: "ready" }
  | { readonly type: "returned"; readonly id: number; readonly value: unknown }
  | { readonly type: "failed"; readonly id: number; readonly errorType: string; readonly message: string }
  | { readonly type: "sqs"; readonly call: number; readonly action: string; readonly body: string };
