/** What an SQS call answers. */
export interface SqsAnswer {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
  /** The header x-amzn-query-error of a refusal. */
  readonly queryError?: string;
}

/** Answers an SQS call without a socket, or undefined for what it does not know. */
export type SqsCall = (action: string, body: string) => Promise<SqsAnswer | undefined>;
