/** What an SQS call answers. */
export interface SqsAnswer {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
}

/** Answers an SQS call without a socket, or undefined for what it does not know. */
export type SqsCall = (action: string, body: string) => Promise<SqsAnswer | undefined>;
