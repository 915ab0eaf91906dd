import type { Ports } from "./front-protocol.ts";
import { REGION } from "./template/model.ts";

/** The addresses of a stack's emulators. */
export function endpointsOf(ports: Ports) {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    api_url: at(ports.api),
    operators_url: at(ports.operators),
    sqs_endpoint: at(ports.sqs),
    dynamodb_endpoint: at(ports.dynamodb),
    lambda_endpoint: at(ports.aws),
    secretsmanager_endpoint: at(ports.aws),
    region: REGION,
  };
}
