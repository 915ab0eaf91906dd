import { Duration } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import type { Settings } from "../../stages.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";

/** API Gateway gives an integration at most 29 s. */
const MAXIMUM_INTEGRATION_SECONDS = 29;

/**
 * The integration of a function that gets every request whole.
 *
 * @param service the function
 * @param settings the function's time limit
 */
export function integrationOf(service: ServiceFunction, settings: Settings): apigateway.LambdaIntegration {
  const { timeoutSeconds } = settings.functions[service.name];
  return new apigateway.LambdaIntegration(service.target, {
    proxy: true,
    // One permission for the whole API instead of one per method.
    scopePermissionToMethod: false,
    // Longer than the function's time limit, so that the function's limit is reached first.
    timeout: Duration.seconds(Math.min(MAXIMUM_INTEGRATION_SECONDS, timeoutSeconds + 1)),
  });
}

/**
 * TLS 1.2 and 1.3 only, on API Gateway's own name too (API Gateway Developer Guide, "Security policies for REST APIs").
 *
 * @param api the API
 */
export function requireModernTls(api: apigateway.RestApi): void {
  const resource = api.node.defaultChild;
  if (!(resource instanceof apigateway.CfnRestApi)) throw new Error("the API has no CloudFormation resource");
  resource.securityPolicy = apigateway.SecurityPolicy.TLS13_1_2_PQ_2025_09;
  resource.endpointAccessMode = apigateway.EndpointAccessMode.STRICT;
}
