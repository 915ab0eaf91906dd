import { join } from "node:path";
import { Duration, Stack } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { FunctionName } from "../../functions.ts";
import type { Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { keep } from "../common/keep.ts";
import { metricNamespace } from "../common/metric-namespace.ts";

/** Where in a network a function runs. */
export interface Placement {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly securityGroups: ec2.ISecurityGroup[];
}

export interface ServiceFunctionProps {
  readonly name: FunctionName;
  readonly settings: Settings;
  /** The folder of the bundles (bundles.ts). */
  readonly bundleDirectory: string;
  /** One sentence, shown in the console. */
  readonly description: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Absent: outside of any VPC. */
  readonly placement?: Placement | undefined;
}

/**
 * What Lambda itself does on a function's behalf to put it in a VPC (Lambda Developer Guide, "Required IAM
 * permissions").
 */
const NETWORK_INTERFACE_ACTIONS = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/**
 * One Lambda function with a separate role, which may only write the function's log until something grants more. The
 * log group is explicit, so that its retention is a setting and no custom resource is needed for it.
 */
export class ServiceFunction extends Construct {
  readonly name: FunctionName;
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;
  /** In an AWS account, the alias that gradual deployments shift. */
  readonly alias: lambda.Alias | undefined;
  /** The target of callers and event source mappings. */
  readonly target: lambda.IFunction;
  /** The alarm that stops a deployment, once `watch` has made it. */
  errorsAlarm: cloudwatch.Alarm | undefined;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { name, settings } = props;
    this.name = name;
    const figures = settings.functions[name];
    const onAws = settings.aws !== undefined;
    const functionName = `referendum-${settings.stage}-${name}`;
    this.logGroup = new logs.LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: settings.logRetentionDays,
      removalPolicy: keep(settings.aws),
    });
    this.role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: `What the function ${functionName} may do`,
    });
    this.logGroup.grantWrite(this.role);
    if (props.placement !== undefined) {
      this.role.addToPolicy(new iam.PolicyStatement({ actions: NETWORK_INTERFACE_ACTIONS, resources: ["*"] }));
      this.#denyToCode(functionName);
    }
    if (onAws) {
      acknowledge(
        this.role,
        "IAM5[Resource::*]",
        "Network interfaces have no names before they exist; the function's own code is denied them.",
      );
    }
    this.function = new lambda.Function(this, "Function", {
      functionName,
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: "index.handler",
      code: lambda.Code.fromAsset(join(props.bundleDirectory, name)),
      memorySize: figures.memoryMiB,
      timeout: Duration.seconds(figures.timeoutSeconds),
      role: this.role,
      logGroup: this.logGroup,
      // No traces: X-Ray would join a vote's request, its queue message and its batch by one id.
      tracing: lambda.Tracing.DISABLED,
      ...(figures.concurrencyCap === undefined ? {} : { reservedConcurrentExecutions: figures.concurrencyCap }),
      // Lambda's own lines only of what failed: two for each success would be more than everything else that is logged.
      ...(onAws ? { loggingFormat: lambda.LoggingFormat.JSON, systemLogLevelV2: lambda.SystemLogLevel.WARN } : {}),
      ...props.placement,
      environment: {
        STAGE: settings.stage,
        LOG_LEVEL: settings.logLevel,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: metricNamespace(settings.stage),
        ...(onAws ? { NODE_OPTIONS: "--enable-source-maps" } : {}),
        ...props.environment,
      },
    });
    if (onAws) {
      this.alias = new lambda.Alias(this, "Alias", {
        aliasName: "live",
        version: this.function.currentVersion as lambda.IVersion,
      });
    }
    // CDK's interfaces say "absent" where its classes say "undefined", which this project's compiler tells apart.
    this.target = (this.alias ?? this.function) as lambda.IFunction;
  }

  /** Network interfaces are Lambda's business: the same role, used by the function's code, may not touch them. */
  #denyToCode(functionName: string): void {
    const { partition, region, account } = Stack.of(this);
    this.role.addToPolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        actions: NETWORK_INTERFACE_ACTIONS,
        resources: ["*"],
        conditions: {
          ArnEquals: {
            "lambda:SourceFunctionArn": `arn:${partition}:lambda:${region}:${account}:function:${functionName}`,
          },
        },
      }),
    );
  }

  /** Alarms on errors and throttles of what is live. */
  watch(alarms: AlarmMaker): void {
    const period = Duration.minutes(1);
    this.errorsAlarm = alarms.add(this, `${this.name}-errors`, {
      what: `The function ${this.name} fails.`,
      runbook: "alarm-function-errors",
      metric: this.target.metricErrors({ period, statistic: "Sum" }),
      threshold: 0,
      periods: 5,
      datapoints: 2,
    });
    alarms.add(this, `${this.name}-throttles`, {
      what: `The function ${this.name} is throttled: the account's concurrency is used up.`,
      runbook: "alarm-function-throttles",
      metric: this.target.metricThrottles({ period, statistic: "Sum" }),
      threshold: 0,
      periods: 5,
      datapoints: 2,
    });
  }
}
