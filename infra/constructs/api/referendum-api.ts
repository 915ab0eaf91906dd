import { Duration } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { ROUTES } from "../../../shared/messages/routes.ts";
import type { FunctionName } from "../../functions.ts";
import type { Settings } from "../../stages.ts";
import { acknowledge, acknowledgeServicePolicy } from "../common/acknowledge.ts";
import { keep } from "../common/keep.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";
import { addGatewayResponses } from "./gateway-responses.ts";

/** The functions that answer HTTP requests. */
type ApiFunctionName = Extract<FunctionName, "ingest" | "receipt" | "results" | "health" | "fallback">;

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
    const onAws = settings.aws !== undefined;
    this.api = new apigateway.RestApi(this, "Api", {
      restApiName: `referendum-${settings.stage}`,
      description: "Votes, receipts and results of referendums",
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // With a custom domain, the API answers only there, so that its TLS and client certificates cannot be bypassed.
      disableExecuteApiEndpoint: settings.aws?.domain !== undefined,
      cloudWatchRole: onAws,
      ...(settings.api.corsOrigins.length === 0 ? {} : { defaultCorsPreflightOptions: corsOf(settings) }),
      deployOptions: {
        stageName: "live",
        // Each method's own bucket: votes and everything else are counted apart.
        throttlingRateLimit: settings.api.readRate,
        throttlingBurstLimit: settings.api.readBurst,
        methodOptions: {
          "/api/v1/vote/POST": {
            throttlingRateLimit: settings.api.throttleRate,
            throttlingBurstLimit: settings.api.throttleBurst,
          },
        },
        // Full request logging would write NAS and codes.
        dataTraceEnabled: false,
        ...(onAws ? this.#observed(settings) : {}),
      },
    });
    if (onAws) {
      requireModernTls(this.api);
      acknowledgeDesign(this.api);
    }
    // The stack's output ApiUrl says the same under a name that can be relied on.
    this.api.node.tryRemoveChild("Endpoint");
    addGatewayResponses(this.api, settings);

    if (settings.api.corsOrigins.length > 0) {
      // The gateway answers the preflight. The functions answer the rest, because only they know which origin asks.
      for (const service of Object.values(functions)) {
        service.function.addEnvironment("CORS_ORIGINS", settings.api.corsOrigins.join(" "));
      }
    }
    const fallback = integrationOf("fallback", functions.fallback, settings);
    const resources = new Set<apigateway.IResource>([this.api.root]);
    for (const route of ROUTES) {
      const resource = this.api.root.resourceForPath(route.path);
      const integration = integrationOf(route.function, functions[route.function], settings);
      resource.addMethod(route.method, integration);
      if (route.method === "GET") resource.addMethod("HEAD", integration);
      for (let at: apigateway.IResource | undefined = resource; at !== undefined; at = at.parentResource)
        resources.add(at);
    }
    resources.add(this.api.root.addResource("{proxy+}"));
    for (const resource of resources) resource.addMethod("ANY", fallback);
  }

  /** Metrics, and access logs that name neither a voter nor a vote. No traces: X-Ray keeps the caller's address and the path. */
  #observed(settings: Settings): Partial<apigateway.StageOptions> {
    const accessLog = new logs.LogGroup(this, "AccessLog", {
      logGroupName: `/referendum/${settings.stage}/api-access`,
      retention: settings.logRetentionDays,
      removalPolicy: keep(settings.aws),
    });
    return {
      metricsEnabled: true,
      tracingEnabled: false,
      loggingLevel: apigateway.MethodLoggingLevel.ERROR,
      accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
      accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
    };
  }
}

/** Where the API differs from what cdk-nag expects of one, and why. */
function acknowledgeDesign(api: apigateway.RestApi): void {
  const open =
    "Anyone may call a public referendum: a voter proves the right to vote in the vote itself, by NAS and code.";
  acknowledge(api, "APIG4", open);
  acknowledge(api, "COG4", open);
  acknowledge(
    api,
    "APIG2",
    "Ingest checks every field and says which one is wrong and why, as problem+json; a model here would answer first, without saying it.",
  );
  acknowledge(api, "APIG3", "The web ACL is associated in the edge stack, which this rule does not see.");
  acknowledgeServicePolicy(
    api,
    "AmazonAPIGatewayPushToCloudWatchLogs",
    'The account-wide role by which API Gateway writes its logs must have this policy (API Gateway Developer Guide, "Set up CloudWatch logging").',
  );
}

/** The resource's pattern instead of the path, which holds request ids; no address, no header, no body. */
const ACCESS_LOG_FIELDS = {
  time: "$context.requestTimeEpoch",
  gatewayRequestId: "$context.requestId",
  method: "$context.httpMethod",
  resource: "$context.resourcePath",
  status: "$context.status",
  latencyMs: "$context.responseLatency",
  integrationLatencyMs: "$context.integrationLatency",
  integrationStatus: "$context.integrationStatus",
  error: "$context.error.responseType",
  wafStatus: "$context.waf.status",
};

/** TLS 1.2 and 1.3 only, on API Gateway's own name too (API Gateway Developer Guide, "Security policies for REST APIs"). */
function requireModernTls(api: apigateway.RestApi): void {
  const resource = api.node.defaultChild;
  if (!(resource instanceof apigateway.CfnRestApi)) throw new Error("the API has no CloudFormation resource");
  resource.securityPolicy = apigateway.SecurityPolicy.TLS13_1_2_PQ_2025_09;
  resource.endpointAccessMode = apigateway.EndpointAccessMode.STRICT;
}

function corsOf(settings: Settings): apigateway.CorsOptions {
  return {
    allowOrigins: settings.api.corsOrigins,
    allowMethods: ["GET", "HEAD", "POST"],
    allowHeaders: ["content-type", "idempotency-key", "if-none-match"],
    maxAge: Duration.hours(1),
  };
}

function integrationOf(
  name: ApiFunctionName,
  service: ServiceFunction,
  settings: Settings,
): apigateway.LambdaIntegration {
  return new apigateway.LambdaIntegration(service.target, {
    proxy: true,
    // One permission for the whole API instead of one per method.
    scopePermissionToMethod: false,
    // Longer than the function's time limit, so that the function's limit is reached first.
    timeout: Duration.seconds(Math.min(MAXIMUM_INTEGRATION_SECONDS, settings.functions[name].timeoutSeconds + 1)),
  });
}
