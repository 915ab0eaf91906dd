import { Duration } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import { Construct } from "constructs";
import type { FunctionName } from "../functions.ts";
import type { Settings } from "../stages.ts";
import { addGatewayResponses } from "./gateway-responses.ts";
import type { ServiceFunction } from "./service-function.ts";

/** The functions that answer HTTP requests. */
export type ApiFunctionName = Extract<FunctionName, "ingest" | "receipt" | "results" | "health" | "fallback">;

/** The API's routes; every other method and path goes to `fallback`. */
export const ROUTES = [
  { method: "POST", path: "/api/v1/vote", function: "ingest" },
  { method: "GET", path: "/api/v1/votes/{request_id}", function: "receipt" },
  { method: "GET", path: "/api/v1/results", function: "results" },
  { method: "GET", path: "/api/v1/results/{law_id}", function: "results" },
  { method: "GET", path: "/api/v1/health", function: "health" },
] as const satisfies ReadonlyArray<{ method: string; path: string; function: ApiFunctionName }>;

export interface ReferendumApiProps {
  readonly settings: Settings;
  readonly functions: Readonly<Record<ApiFunctionName, ServiceFunction>>;
}

/** API Gateway gives an integration at most 29 s. */
const MAXIMUM_INTEGRATION_SECONDS = 29;

/** The REST API: routes, throttling, and what it answers by itself. */
export class ReferendumApi extends Construct {
  readonly api: apigateway.RestApi;

  constructor(scope: Construct, id: string, props: ReferendumApiProps) {
    super(scope, id);
    const { settings, functions } = props;
    this.api = new apigateway.RestApi(this, "Api", {
      restApiName: `referendum-${settings.stage}`,
      description: "Votes, receipts and results of referendums",
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: {
        stageName: "live",
        throttlingRateLimit: settings.api.throttleRate,
        throttlingBurstLimit: settings.api.throttleBurst,
        metricsEnabled: settings.aws !== undefined,
        tracingEnabled: settings.aws !== undefined,
        // Full request logging would write NAS and codes.
        dataTraceEnabled: false,
      },
    });
    // The stack's output ApiUrl says the same under a name that can be relied on.
    this.api.node.tryRemoveChild("Endpoint");
    addGatewayResponses(this.api, settings);

    const fallback = integrationOf("fallback", functions.fallback, settings);
    const resources = new Set<apigateway.IResource>([this.api.root]);
    for (const route of ROUTES) {
      const resource = this.api.root.resourceForPath(route.path);
      resource.addMethod(route.method, integrationOf(route.function, functions[route.function], settings));
      for (let at: apigateway.IResource | undefined = resource; at !== undefined; at = at.parentResource)
        resources.add(at);
    }
    resources.add(this.api.root.addResource("{proxy+}"));
    for (const resource of resources) resource.addMethod("ANY", fallback);
  }
}

function integrationOf(
  name: ApiFunctionName,
  service: ServiceFunction,
  settings: Settings,
): apigateway.LambdaIntegration {
  return new apigateway.LambdaIntegration(service.target, {
    proxy: true,
    // One permission for the API instead of one for each of its many methods.
    scopePermissionToMethod: false,
    // Longer than the function itself, so that the function's own limit is the one that is hit.
    timeout: Duration.seconds(Math.min(MAXIMUM_INTEGRATION_SECONDS, settings.functions[name].timeoutSeconds + 1)),
  });
}
