import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import type { Target } from "../../places/target.ts";
import type { Law } from "../../shared/domain/law.ts";

/**
 * Writes the item of a law as it is given, in the place of one with the same id, as a release did that had no rows of
 * laws. No command does that, because it undoes whatever somebody else changed meanwhile.
 *
 * @param target the stack
 * @param law the law
 */
export async function writeLaw(target: Target, law: Law): Promise<void> {
  await removeLaw(target, law.lawId);
  if (await target.laws.items.project({ ...law, reached: undefined, sealedVoters: undefined, version: 0 })) return;
  throw new Error(`somebody else added the law ${law.lawId} at the same moment`);
}

/**
 * Removes every trace of a law but its roll and votes.
 *
 * @param target the stack
 * @param lawId the law
 */
export async function removeLaw(target: Target, lawId: string): Promise<void> {
  await target.dynamoDb.send(
    new DeleteItemCommand({ TableName: target.output("LawsTableName"), Key: { law_id: { S: lawId } } }),
  );
  const client = await target.pool.connect();
  try {
    // The versions of a law are only added to, whoever asks; the owner of the tables cannot log in.
    await client.query("begin; set local role referendum_owner");
    await client.query("alter table law_versions disable trigger law_versions_are_append_only");
    await client.query("delete from laws where law_id = $1", [lawId]);
    await client.query("delete from law_versions where law_id = $1", [lawId]);
    await client.query("alter table law_versions enable trigger law_versions_are_append_only");
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
