import { BatchWriteItemCommand, type DynamoDBClient, QueryCommand, type WriteRequest } from "@aws-sdk/client-dynamodb";
import type { Law } from "../../../shared/domain/law.ts";
import type { LawStore } from "../../../shared/stores/laws.ts";
import type { Process } from "../scheduler.ts";
import { CALL_FAULTS } from "./sqs.ts";

type Item = NonNullable<NonNullable<WriteRequest["PutRequest"]>["Item"]>;

/** DynamoDB: items under `(request_id, rank)`. A batch may be written in part. */
export class SimDynamoDb {
  /** Items by request id, then by rank. */
  readonly receipts = new Map<string, Map<number, Item>>();
  readonly laws = new Map<string, Law>();
  /** Told of every submission whose last status was deleted. */
  onGone: (requestId: string) => void = () => undefined;

  /** Told of every law whose item is written anew, just before. */
  onProject: (before: Law | undefined, after: Law) => void = () => undefined;
  /** Told of every law that was frozen and is so no more. */
  onThaw: (lawId: string) => void = () => undefined;

  put(item: Item): void {
    const requestId = item["request_id"]?.S ?? "";
    const ranks = this.receipts.get(requestId) ?? new Map<number, Item>();
    ranks.set(Number(item["rank"]?.N), item);
    this.receipts.set(requestId, ranks);
  }

  delete(requestId: string, rank: number): void {
    const ranks = this.receipts.get(requestId);
    ranks?.delete(rank);
    if (ranks?.size !== 0) return;
    this.receipts.delete(requestId);
    this.onGone(requestId);
  }

  /** By `Query` with a limit of one: the first in the order of the ranks. */
  first(requestId: string, ascending: boolean): Item | undefined {
    const ranks = [...(this.receipts.get(requestId)?.keys() ?? [])].sort((a, b) => (ascending ? a - b : b - a));
    return this.receipts.get(requestId)?.get(ranks[0] ?? 0);
  }
}

/**
 * DynamoDB with the interface of the SDK's client, for one process.
 *
 * @param process whose calls these are
 * @param database the tables
 */
export function dynamoDbClient(process: Process, database: SimDynamoDb): DynamoDBClient {
  const send = (command: unknown): Promise<unknown> => {
    if (command instanceof BatchWriteItemCommand) {
      const [[table, requests] = ["", []]] = Object.entries(command.input.RequestItems ?? {});
      const write = (taken: readonly WriteRequest[]) => {
        for (const { PutRequest, DeleteRequest } of taken) {
          if (PutRequest?.Item !== undefined) database.put(PutRequest.Item);
          const { request_id, rank } = DeleteRequest?.Key ?? {};
          if (request_id?.S !== undefined) database.delete(request_id.S, Number(rank?.N));
        }
        const rest = requests.filter((request) => !taken.includes(request));
        return { UnprocessedItems: rest.length === 0 ? {} : { [table]: rest } };
      };
      return process.step(`DynamoDB: change ${requests.length} receipts`, () => write(requests), {
        faults: [...CALL_FAULTS, "part"],
        part: () => write(requests.filter(() => process.random.below(2) === 0)),
      });
    }
    if (command instanceof QueryCommand) {
      const requestId = command.input.ExpressionAttributeValues?.[":id"]?.S ?? "";
      return process.step(
        "DynamoDB: read a receipt",
        () => {
          const item = database.first(requestId, command.input.ScanIndexForward !== false);
          return { Items: item === undefined ? [] : [item] };
        },
        { faults: CALL_FAULTS },
      );
    }
    throw new Error("the simulated DynamoDB does not know this command");
  };
  return { send } as unknown as DynamoDBClient;
}

/** The laws, as ingest reads them. */
export function lawStore(process: Process, database: SimDynamoDb): LawStore {
  return {
    get: (lawId) => process.step("DynamoDB: read the law", () => database.laws.get(lawId), { faults: CALL_FAULTS }),
  };
}
