import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { markLost } from "../../../operations/receipts/lost-receipts.ts";
import { SimDynamoDb } from "../../../proving/simulation/models/dynamodb.ts";
import { forgetLost, missingReceipts, orphansOf } from "../../../proving/simulation/models/orphans.ts";
import { Tables, voterKey } from "../../../proving/simulation/models/postgres.ts";
import { rankOf, STATUSES } from "../../../shared/domain/outcome.ts";
import { restoreReceipts } from "../support/restore-receipts.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";
import { seeds } from "./support.ts";

/** The model of what a restored database lacks is believed because it answers as the SQL of restore-receipts does. */

const LAW_ID = "L0";
const AT = "2026-06-07T08:00:00.000Z";
const VOTERS = ["0", "1", "2"].map((digit) => digit.repeat(64));

let stack: TestTarget;
beforeAll(async () => {
  stack = await startTestTarget();
});
afterAll(() => stack?.stop());

test("finds the same missing receipts and lost submissions as the SQL, and forgets the same duplicates", {
  timeout: limitOf(60),
}, async () => {
  const { pool, dynamoDb } = stack.target;
  let found = 0;
  for (const { seed, random } of seeds(12)) {
    await pool.query("truncate participation, vote_audit, duplicate_attempts");
    const [tables, receipts] = [new Tables(), new SimDynamoDb()];
    for (const voterHash of VOTERS) {
      if (random.below(2) === 0) continue;
      const requestId = `${seed}-of-${voterHash.slice(0, 1)}`;
      tables.participation.set(voterKey(LAW_ID, voterHash), { person: `person of ${voterHash}`, requestId });
      await pool.query("insert into participation values ($1, decode($2, 'hex'), $3)", [LAW_ID, voterHash, "counted"]);
    }
    for (let number = 0; number < 12; number++) {
      const requestId = `${seed}-${number}`;
      const voterHash = random.pick(VOTERS);
      if (random.below(3) > 0) {
        const status = random.pick(STATUSES);
        tables.audit.set(requestId, { lawId: LAW_ID, voterHash, status, acceptedAt: AT, processedAt: AT });
        await pool.query(
          `insert into vote_audit (request_id, voter_hash, law_id, status, "timestamp", processed_at)
           values ($1, decode($2, 'hex'), $3, $4, $5, $5)`,
          [requestId, voterHash, LAW_ID, status, AT],
        );
      }
      for (const status of STATUSES) {
        if (random.below(3) > 0) continue;
        const Item = {
          request_id: { S: requestId },
          rank: { N: String(rankOf(status)) },
          law_id: { S: LAW_ID },
          status: { S: status },
          accepted_at: { S: AT },
          updated_at: { S: AT },
        };
        receipts.put(Item);
        await dynamoDb.send(new PutItemCommand({ TableName: stack.target.output("ReceiptsTableName"), Item }));
      }
    }
    const missing = missingReceipts(tables, receipts).length;
    const expected = orphansOf(tables, receipts).sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));

    const { written, orphans } = await restoreReceipts(stack.target);

    const real = [...orphans].sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
    expect({ seed, written, orphans: real }).toEqual({ seed, written: missing, orphans: expected });
    found += expected.length;
    await markLost(stack.target, orphans);
    forgetLost(tables, expected);
    const { rows } = await pool.query<{ request_id: string }>("select request_id from vote_audit");
    const left = rows.map(({ request_id }) => request_id).sort();
    expect({ seed, left }).toEqual({ seed, left: [...tables.audit.keys()].sort() });
    // What is left of this round is known, so that the next one does not find it.
    expect(await restoreReceipts(stack.target)).toEqual({ written: 0, orphans: [] });
    await pool.query("truncate participation, vote_audit, duplicate_attempts");
    await markLost(stack.target, (await restoreReceipts(stack.target)).orphans);
  }
  expect(found).toBeGreaterThan(30);
});

function idOf({ request_id, status }: { readonly request_id: string; readonly status: string }): string {
  return `${request_id} ${status}`;
}
