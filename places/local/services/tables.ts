import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { REGION, type TableModel } from "../template/model.ts";

/**
 * Makes the tables of the template that do not exist yet.
 *
 * @param tables the template's tables
 * @param endpoint where DynamoDB answers
 */
export async function createTables(tables: readonly TableModel[], endpoint: string): Promise<void> {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint, region: REGION, credentials });
  try {
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    for (const { name, AttributeDefinitions, KeySchema } of tables) {
      if (TableNames.includes(name)) continue;
      await client.send(
        new CreateTableCommand({ TableName: name, AttributeDefinitions, KeySchema, BillingMode: "PAY_PER_REQUEST" }),
      );
    }
  } finally {
    client.destroy();
  }
}
