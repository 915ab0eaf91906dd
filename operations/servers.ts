import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Redis } from "ioredis";
import type pg from "pg";
import type { CodeKind } from "../shared/domain/voter-code.ts";
import type { Keys } from "../shared/runtime/keys.ts";
import type { LawBook } from "./law-book/law-book.ts";

/** The servers of a running stage, and facts about the stage that operations need. The caller provides them. */
export interface Servers {
  readonly sqs: SQSClient;
  readonly dynamoDb: DynamoDBClient;
  readonly lambda: LambdaClient;
  readonly laws: LawBook;
  /** PostgreSQL, with a role that may write the roll. Statements have no time limit. */
  readonly pool: pg.Pool;
  readonly redis: Redis;
  /** The keys of voter hashes, persons and the checks of codes; they stay in memory. */
  readonly keys: () => Promise<Keys<"person" | "pepper" | "codeCheck">>;
  /**
   * An output of the stage's CloudFormation stack, such as a queue's URL or a table's name.
   *
   * @throws Error when the stack has no output with this name
   */
  output(name: string): string;
  /** The name of the stage. */
  readonly stage: string;
  /** True if many machines answer, so that queue depths are approximate; false for an emulator, which is exact. */
  readonly distributed: boolean;
  /** Whether a new law has a pepper by default. */
  readonly pepperByDefault: boolean;
  /** Which codes a new law takes by default. */
  readonly codesByDefault: CodeKind;
}
