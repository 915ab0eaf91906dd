/** The answer to an SQS call. */
export interface SqsAnswer {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
  /** The header x-amzn-query-error of a refusal. */
  readonly queryError?: string;
}

/** Answers an SQS call without a socket; undefined for a call that it does not know. */
export type SqsCall = (action: string, body: string) => Promise<SqsAnswer | undefined>;
