import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";

/**
 * The name under which a host of these functions may store defaults for their SDK clients, such as a request handler
 * that reaches an emulator in the same process. On AWS there are none.
 */
const HOST_DEFAULTS = Symbol.for("referendum.aws-client-defaults");

type HostDefaults = Pick<SQSClientConfig, "requestHandler" | "signer">;

function hostDefaults(): HostDefaults {
  const scope: typeof globalThis & { [HOST_DEFAULTS]?: HostDefaults } = globalThis;
  return scope[HOST_DEFAULTS] ?? { requestHandler: TIMEOUTS };
}

/** One retry. After that the caller reports that the call was not confirmed, within its time limit. */
const MAX_ATTEMPTS = 2;

/**
 * The steps of a command are put together once for each kind of command, and not for each call: nobody changes them
 * here, and putting them together costs CPU for every vote.
 */
const COMMON = { maxAttempts: MAX_ATTEMPTS, cacheMiddleware: true };

/** Both tries together end before the functions' time limits, so that the function answers and not the gateway. */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 3_000 };

/** The client of the queues. Bodies are not hashed twice: TLS protects them on the way. */
export function sqsClient(): SQSClient {
  return new SQSClient({ ...COMMON, md5: false, ...hostDefaults() });
}

/** The client of the laws and receipts tables. */
export function dynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient({ ...COMMON, ...hostDefaults() });
}

/**
 * The client of the object store. On an emulator a bucket's name is in the path, because nothing knows a host of that
 * name.
 */
export function s3Client(): S3Client {
  const isEmulated = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].some((name) => process.env[name] !== undefined);
  return new S3Client({ ...COMMON, forcePathStyle: isEmulated, ...hostDefaults() });
}

/** The client of the secret store. */
export function secretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient({ ...COMMON, ...hostDefaults() });
}
