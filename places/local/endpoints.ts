import type { Ports } from "./front-protocol.ts";
import { REGION } from "./template/model.ts";

/** What runs: `<data>/stack.json`, and the line of `npm start -- --json`. */
export interface StackDescription {
  readonly stage: "local";
  readonly kind: "local";
  readonly api_url: string;
  readonly credentials_file: string;
  readonly law_id: string;
  readonly postgres_url: string;
  readonly redis_url: string;
  readonly sqs_endpoint: string;
  readonly dynamodb_endpoint: string;
  readonly lambda_endpoint: string;
  readonly secretsmanager_endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly pids: {
    readonly supervisor: number;
    readonly front: number;
    readonly redis: number;
    readonly postgres: number;
    readonly dynamodb: number;
    readonly functions: Readonly<Record<string, readonly number[]>>;
  };
  readonly data_dir: string;
  readonly postgres_dir: string;
  readonly queue_storage: "disk" | "memory";
  readonly started_at: string;
}

/** The addresses of a stack's emulators. */
export function endpointsOf(ports: Ports) {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    api_url: at(ports.api),
    sqs_endpoint: at(ports.sqs),
    dynamodb_endpoint: at(ports.dynamodb),
    lambda_endpoint: at(ports.aws),
    secretsmanager_endpoint: at(ports.aws),
    region: REGION,
  };
}
