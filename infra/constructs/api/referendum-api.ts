import { Duration } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { ROUTES } from "../../../shared/messages/routes.ts";
import type { FunctionName } from "../../functions.ts";
import type { Settings } from "../../stages.ts";
import { acknowledge, acknowledgeServicePolicy } from "../common/acknowledge.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { keep } from "../common/keep.ts";
import { metricNamespace } from "../common/metric-namespace.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";
import { addGatewayResponses, VOTERS_ANSWERS } from "./gateway-responses.ts";
import { integrationOf, requireModernTls } from "./rest-api.ts";
import { API_STAGE, failedShare } from "./vote-metrics.ts";

/** The functions that answer HTTP requests. */
type ApiFunctionName = Extract<FunctionName, "ingest" | "receipt" | "results" | "laws" | "health" | "fallback">;

export interface ReferendumApiProps {
  readonly settings: Settings;
  readonly functions: Readonly<Record<ApiFunctionName, ServiceFunction>>;
}

/** The voters' REST API: routes, throttling, and what it answers by itself. */
export class ReferendumApi extends Construct {
  readonly api: apigateway.RestApi;
  readonly #fallback: apigateway.LambdaIntegration;
  readonly #settings: Settings;
  readonly #withFallback = new Set<string>();
  #accessLog: logs.LogGroup | undefined;

  constructor(scope: Construct, id: string, props: ReferendumApiProps) {
    super(scope, id);
    const { settings, functions } = props;
    this.#settings = settings;
    const onAws = settings.aws !== undefined;
    this.api = new apigateway.RestApi(this, "Api", {
      restApiName: `referendum-${settings.stage}`,
      description: "Votes, receipts and results of referendums",
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // Tiles of public logs. No function answers with bytes, and votes of this type are refused.
      binaryMediaTypes: ["application/octet-stream"],
      // With a custom domain, the API answers only there, so that its TLS and client certificates cannot be bypassed.
      disableExecuteApiEndpoint: settings.aws?.domain !== undefined,
      cloudWatchRole: onAws,
      ...(settings.api.corsOrigins.length === 0 ? {} : { defaultCorsPreflightOptions: corsOf(settings) }),
      deployOptions: {
        stageName: API_STAGE,
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
    addGatewayResponses(this.api, settings, VOTERS_ANSWERS);

    if (settings.api.corsOrigins.length > 0) {
      // The gateway answers the preflight. The functions answer the rest, because only they know which origin asks.
      for (const service of Object.values(functions)) {
        service.function.addEnvironment("CORS_ORIGINS", settings.api.corsOrigins.join(" "));
      }
    }
    this.#fallback = integrationOf(functions.fallback, settings);
    const resources = new Set<apigateway.IResource>([this.api.root]);
    for (const route of ROUTES) {
      const resource = this.api.root.resourceForPath(route.path);
      const integration = integrationOf(functions[route.function], settings);
      resource.addMethod(route.method, integration);
      if (route.method === "GET") resource.addMethod("HEAD", integration);
      for (let at: apigateway.IResource | undefined = resource; at !== undefined; at = at.parentResource)
        resources.add(at);
    }
    resources.add(this.api.root.addResource("{proxy+}"));
    for (const resource of resources) this.withFallback(resource);
  }

  /**
   * Has the methods of a path that nothing else answers be answered as unknown ones are everywhere.
   *
   * @param resource the path
   * @returns the same
   */
  withFallback<T extends apigateway.IResource>(resource: T): T {
    resource.addMethod("ANY", this.#fallback);
    this.#withFallback.add(resource.path);
    return resource;
  }

  /**
   * Whether a path is answered so.
   *
   * @param resource the path
   */
  hasFallback(resource: apigateway.IResource): boolean {
    return this.#withFallback.has(resource.path);
  }

  /**
   * Alarms on what callers see of the API.
   *
   * @returns the alarm on votes answered with 5xx, which takes a release back
   */
  watch(alarms: AlarmMaker): cloudwatch.Alarm {
    this.#watchThrottles(alarms);
    return alarms.add(this, "api-server-errors", {
      what: "The API answers with 5xx.",
      runbook: "alarm-server-errors",
      metric: failedShare(this.api, Duration.minutes(1)),
      threshold: 0.01,
      periods: 5,
      datapoints: 2,
    });
  }

  /** API Gateway counts 429 among all 4xx, most of which are the callers' mistakes; the access log tells them apart. */
  #watchThrottles(alarms: AlarmMaker): void {
    for (const { name, metricName, resource, what } of THROTTLED) {
      this.#accessLog?.addMetricFilter(metricName, {
        filterName: metricName,
        filterPattern: logs.FilterPattern.all(
          logs.FilterPattern.stringValue("$.error", "=", "THROTTLED"),
          logs.FilterPattern.stringValue("$.resource", resource, "/api/v1/vote"),
        ),
        metricNamespace: metricNamespace(this.#settings.stage),
        metricName,
        metricValue: "1",
      });
      alarms.add(this, name, {
        what,
        runbook: "alarm-voters-refused",
        metric: new cloudwatch.Metric({
          namespace: metricNamespace(this.#settings.stage),
          metricName,
          statistic: "Sum",
          period: Duration.minutes(1),
        }),
        threshold: 0,
        periods: 5,
        datapoints: 2,
      });
    }
  }

  /**
   * Metrics, and access logs that name neither a voter nor a vote. No traces: X-Ray keeps the caller's address and the
   * path.
   */
  #observed(settings: Settings): Partial<apigateway.StageOptions> {
    this.#accessLog = new logs.LogGroup(this, "AccessLog", {
      logGroupName: `/referendum/${settings.stage}/api-access`,
      retention: settings.logRetentionDays,
      removalPolicy: keep(settings.aws),
    });
    return {
      metricsEnabled: true,
      tracingEnabled: false,
      loggingLevel: apigateway.MethodLoggingLevel.ERROR,
      accessLogDestination: new apigateway.LogGroupLogDestination(this.#accessLog),
      accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
    };
  }
}

/** What the gateway refuses with 429: votes apart from the rest, as the throttles are. */
const THROTTLED = [
  {
    name: "votes-throttled",
    metricName: "VotesThrottled",
    resource: "=",
    what: "Votes are refused with 429: more arrive than api.throttleRate allows.",
  },
  {
    name: "reads-throttled",
    metricName: "ReadsThrottled",
    resource: "!=",
    what: "Receipts and results are refused with 429: more are asked for than api.readRate allows.",
  },
] as const;

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

function corsOf(settings: Settings): apigateway.CorsOptions {
  return {
    allowOrigins: settings.api.corsOrigins,
    allowMethods: ["GET", "HEAD", "POST"],
    allowHeaders: ["content-type", "idempotency-key", "if-none-match"],
    maxAge: Duration.hours(1),
  };
}
