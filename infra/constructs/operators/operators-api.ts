import { Stack, Token } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct, type IConstruct } from "constructs";
import { ACT_GROUPS, type ActGroup } from "../../../shared/messages/operators/define-act.ts";
import type { Settings } from "../../stages.ts";
import { addGatewayResponses } from "../api/gateway-responses.ts";
import { integrationOf, requireModernTls } from "../api/rest-api.ts";
import { API_STAGE } from "../api/vote-metrics.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { keep } from "../common/keep.ts";
import { metricNamespace } from "../common/metric-namespace.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";
import { OPERATORS_ANSWERS } from "./gateway-answers.ts";
import { ACT_GROUP_NAMES, type OperatorFunctionName } from "./routes.ts";

export interface OperatorsApiProps {
  readonly settings: Settings;
  readonly functions: Readonly<Record<OperatorFunctionName, ServiceFunction>>;
  /** What lets API Gateway write logs in this account, once it exists. */
  readonly logging: IConstruct | undefined;
}

/**
 * Requests per second and at once, of all operators together. A load sends a few chunks a second, and a command that
 * waits asks every second or two; tests run some ten commands at once.
 */
const RATE = 100;
const BURST = 200;

/**
 * The operators' REST API: one door to everything that is done to a running stage. Every method asks for a signature of
 * IAM, and there is no method beside `POST /v1/<group>/{act}`. It has no domain name, and no web page may call it.
 */
export class OperatorsApi extends Construct {
  readonly api: apigateway.RestApi;
  readonly #settings: Settings;
  #accessLog: logs.LogGroup | undefined;

  constructor(scope: Construct, id: string, { settings, functions, logging }: OperatorsApiProps) {
    super(scope, id);
    this.#settings = settings;
    const onAws = settings.aws !== undefined;
    this.api = new apigateway.RestApi(this, "Api", {
      restApiName: `referendum-${settings.stage}-operators`,
      description: "What operators do to the stage",
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // The role is the account's own, and the voters' API makes it.
      cloudWatchRole: false,
      defaultMethodOptions: { authorizationType: apigateway.AuthorizationType.IAM },
      deployOptions: {
        stageName: API_STAGE,
        throttlingRateLimit: RATE,
        throttlingBurstLimit: BURST,
        // Full request logging would write NAS and codes.
        dataTraceEnabled: false,
        ...(onAws ? this.#observed() : {}),
      },
    });
    // The stack's output OperatorsApiUrl says the same under a name that can be relied on.
    this.api.node.tryRemoveChild("Endpoint");
    addGatewayResponses(this.api, settings, OPERATORS_ANSWERS);
    const version = this.api.root.addResource("v1");
    for (const group of ACT_GROUP_NAMES) {
      const act = version.addResource(group).addResource("{act}");
      act.addMethod("POST", integrationOf(functions[ACT_GROUPS[group].function], settings));
    }
    if (!onAws) return;
    requireModernTls(this.api);
    if (logging !== undefined) this.api.deploymentStage.node.addDependency(logging);
    this.#acknowledge();
  }

  /**
   * Lets a role ask for every act of some groups.
   *
   * @param role who asks
   * @param groups which ones
   */
  letIn(role: iam.Role, groups: readonly ActGroup[]): void {
    const { partition, region, account } = Stack.of(this);
    const shown = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
    const all = `${shown(region, "Region")}:${shown(account, "AccountId")}:<${this.#logicalId}>`;
    for (const group of groups) {
      const path = `/v1/${group}/*`;
      role.addToPolicy(
        new iam.PolicyStatement({
          actions: ["execute-api:Invoke"],
          resources: [this.api.arnForExecuteApi("POST", path, API_STAGE)],
        }),
      );
      acknowledge(
        role,
        `IAM5[Resource::arn:${shown(partition, "Partition")}:execute-api:${all}/${API_STAGE}/POST${path}]`,
        "The end of the path is the act: the role may ask for every act of its groups, and the function knows which there are.",
      );
    }
  }

  /**
   * Refuses everybody else, whatever their policies allow: an administrator's session has any name.
   *
   * @param roles who may ask; their policies say for what
   */
  admitOnly(roles: readonly iam.IRole[]): void {
    this.api.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "OnlyRolesOfPeople",
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ["execute-api:Invoke"],
        // This API: a policy that names it would need it before it is made.
        resources: ["execute-api:/*"],
        // The role's ARN, also of a session of it.
        conditions: { ArnNotLike: { "aws:PrincipalArn": roles.map(({ roleArn }) => roleArn) } },
      }),
    );
  }

  get #logicalId(): string {
    const resource = this.api.node.defaultChild;
    if (!(resource instanceof apigateway.CfnRestApi)) throw new Error("the API has no CloudFormation resource");
    return Stack.of(this).getLogicalId(resource);
  }

  /**
   * Counts each request of a role as unexpected access, which is an alarm.
   *
   * @param role one that nobody uses every day
   * @param metricName the metric of unexpected access
   */
  reportUseBy(role: iam.IRole, metricName: string): void {
    this.#accessLog?.addMetricFilter("UnexpectedCaller", {
      filterPattern: logs.FilterPattern.stringValue("$.caller", "=", `*:assumed-role/${role.roleName}/*`),
      metricNamespace: metricNamespace(this.#settings.stage),
      metricName,
      metricValue: "1",
    });
  }

  /** Metrics, and access logs that name who asked for which act. No traces. */
  #observed(): Partial<apigateway.StageOptions> {
    this.#accessLog = new logs.LogGroup(this, "AccessLog", {
      logGroupName: `/referendum/${this.#settings.stage}/operators-access`,
      retention: this.#settings.logRetentionDays,
      removalPolicy: keep(this.#settings.aws),
    });
    return {
      metricsEnabled: true,
      tracingEnabled: false,
      loggingLevel: apigateway.MethodLoggingLevel.ERROR,
      accessLogDestination: new apigateway.LogGroupLogDestination(this.#accessLog),
      accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
    };
  }

  /** Where the API differs from what cdk-nag expects of one, and why. */
  #acknowledge(): void {
    acknowledge(
      this.api,
      "COG4",
      "Operators sign with a role of the account, which names the person; there are no users.",
    );
    acknowledge(
      this.api,
      "APIG2",
      "The functions check every field of an act and say which one is wrong; a model here would answer first, without saying it.",
    );
    acknowledge(
      this.api,
      "APIG3",
      "The gateway refuses a request without a valid signature itself, so nobody outside of the account reaches a function.",
    );
  }
}

/** The path names the act; no address, no header, no body. */
const ACCESS_LOG_FIELDS = {
  time: "$context.requestTimeEpoch",
  gatewayRequestId: "$context.requestId",
  caller: "$context.identity.userArn",
  method: "$context.httpMethod",
  path: "$context.path",
  status: "$context.status",
  latencyMs: "$context.responseLatency",
  integrationStatus: "$context.integrationStatus",
  error: "$context.error.responseType",
};
