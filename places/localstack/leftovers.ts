import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { LambdaClient, ListEventSourceMappingsCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";

/**
 * Finds what is left of the application.
 *
 * @param stage the stage that was deleted
 * @param options of clients of LocalStack
 * @returns names of functions, mappings, queues, tables and secrets
 */
export async function leftovers(
  stage: "dev" | "localstack",
  options: { readonly endpoint: string; readonly region: string },
): Promise<string[]> {
  const ours = `referendum-${stage}`;
  const lambda = new LambdaClient(options);
  const sqs = new SQSClient(options);
  const dynamoDb = new DynamoDBClient(options);
  const secrets = new SecretsManagerClient(options);
  try {
    const [functions, mappings, queues, tables, kept] = await Promise.all([
      lambda.send(new ListFunctionsCommand()),
      lambda.send(new ListEventSourceMappingsCommand()),
      sqs.send(new ListQueuesCommand()),
      dynamoDb.send(new ListTablesCommand()),
      secrets.send(new ListSecretsCommand()),
    ]);
    const names = [
      ...(functions.Functions ?? []).map(({ FunctionName }) => FunctionName),
      ...(mappings.EventSourceMappings ?? []).map(({ EventSourceArn }) => EventSourceArn),
      ...(queues.QueueUrls ?? []),
      ...(tables.TableNames ?? []),
      ...(kept.SecretList ?? []).map(({ Name }) => Name),
    ];
    return names.filter((name) => name !== undefined).filter((name) => name.toLowerCase().includes(ours));
  } finally {
    for (const client of [lambda, sqs, dynamoDb, secrets]) client.destroy();
  }
}
