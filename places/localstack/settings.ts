import { join } from "node:path";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { withoutUsersServers } from "../stack-environment.ts";

/** The last release that needs no account; the compose file's image has the same tag. */
export const LOCALSTACK_VERSION = "4.14.0";
export const LOCALSTACK_PORT = 4566;
export const DEFAULT_ENDPOINT = `http://127.0.0.1:${LOCALSTACK_PORT}`;
export const REGION = "us-east-1";
/** The account that LocalStack assumes for credentials that name none. */
export const ACCOUNT = "000000000000";
export const STACK_NAME = "Referendum-localstack";
export const PYTHON_MINOR = 13;

export const COMPOSE_FILE = join(PROJECT_ROOT, "docker-compose.localstack.yml");
/** The folder of what LocalStack needs without Docker: plugins and pinned packages (places/localstack/README.md). */
export const HOME_DIRECTORY = join(PROJECT_ROOT, "places", "localstack");

/**
 * Redis and PostgreSQL of the compose file: by name within its network, on these ports of 127.0.0.1 for commands and
 * tests. They are not the servers' usual ports, which a developer's Redis and PostgreSQL may have.
 */
export const COMPOSE_SERVERS = {
  redis: { inside: "redis://redis:6379", outside: "redis://127.0.0.1:46379" },
  postgres: {
    inside: "postgresql://election_user:election@postgres:5432/election_db",
    outside: "postgresql://election_user:election@127.0.0.1:45432/election_db",
  },
} as const;

/** The services that this application, its deployment and the stages of an account use. */
const SERVICES = [
  ...["apigateway", "cloudformation", "cloudwatch", "dynamodb", "ec2", "events", "iam", "kms", "lambda"],
  ...["logs", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts"],
];

/**
 * LocalStack's configuration, with Docker and without: the compose file repeats it and a test compares both.
 * https://docs.localstack.cloud/aws/capabilities/config/configuration/
 */
export const LOCALSTACK_SETTINGS: Readonly<Record<string, string>> = {
  SERVICES: SERVICES.join(","),
  // Queue URLs with a path, because a host name would have to be resolved.
  SQS_ENDPOINT_STRATEGY: "path",
  // Seconds after which a mapping polls again after an error; the default is a minute.
  LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_ERROR_SEC: "2",
  // Execution environments stay warm for a test run.
  LAMBDA_KEEPALIVE_MS: "600000",
  DISABLE_EVENTS: "1",
  EAGER_SERVICE_LOADING: "0",
};

/**
 * Further settings that only the process executor needs.
 *
 * @param port where LocalStack listens, on loopback
 * @param directory the folder of its files
 * @param node the Node that runs the functions
 */
export function hostSettings(port: number, directory: string, node: string): Record<string, string> {
  return {
    ...LOCALSTACK_SETTINGS,
    OVERRIDE_IN_DOCKER: "0",
    FILESYSTEM_ROOT: directory,
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    LOCALSTACK_HOST: `127.0.0.1:${port}`,
    DNS_ADDRESS: "0",
    SKIP_SSL_CERT_DOWNLOAD: "1",
    LAMBDA_RUNTIME_EXECUTOR: "process",
    PROVIDER_OVERRIDE_DYNAMODB: "moto",
    LAMBDA_NODE: node,
    LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC: "0.05",
    LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC: "1",
  };
}

/**
 * An environment in which AWS tools reach only LocalStack. It lacks the user's profile and session.
 *
 * @param endpoint where LocalStack answers
 * @param region the region they ask
 */
export function toolEnvironment(endpoint: string, region: string = REGION): NodeJS.ProcessEnv {
  return {
    ...withoutUsersServers(process.env),
    // cdklocal needs both.
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
}

/**
 * The options of an SDK client of LocalStack.
 *
 * @param endpoint where LocalStack answers
 */
export function clientOptions(endpoint: string) {
  return { endpoint, region: REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
}
