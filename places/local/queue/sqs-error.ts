/** SQS refuses a call, with a code of its API reference. All of them are the caller's fault (400). */
export class SqsError extends Error {
  readonly code: string;

  /**
   * @param code the code in the JSON protocol
   * @param message the text for the caller
   */
  constructor(code: string, message: string) {
    super(message);
    this.name = "SqsError";
    this.code = code;
  }

  /** The body of the answer. */
  get body(): string {
    return JSON.stringify({ __type: `com.amazonaws.sqs#${this.code}`, message: this.message });
  }

  /** The code of the older protocol, which SDKs show as the error's name (API reference, "Common errors"). */
  get queryError(): string {
    const code = this.code === "QueueDoesNotExist" ? "AWS.SimpleQueueService.NonExistentQueue" : this.code;
    return `${code};Sender`;
  }
}
