import { join } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { FunctionName } from "../functions.ts";
import type { Settings } from "../stages.ts";

export interface ServiceFunctionProps {
  readonly name: FunctionName;
  readonly settings: Settings;
  /** The folder of the bundles (bundles.ts). */
  readonly bundleDirectory: string;
  /** One sentence, shown in the console. */
  readonly description: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * One Lambda function with a role of its own that may write its own log and nothing else, until something grants more.
 * The log group is explicit, so that its retention is a setting and no custom resource is needed for it.
 */
export class ServiceFunction extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;
  /** What callers and event source mappings point at. */
  readonly target: lambda.IFunction;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { name, settings } = props;
    const figures = settings.functions[name];
    const functionName = `referendum-${settings.stage}-${name}`;
    this.logGroup = new logs.LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: settings.logRetentionDays,
      removalPolicy: settings.stage === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: `What the function ${functionName} may do`,
    });
    this.logGroup.grantWrite(this.role);
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
      environment: {
        STAGE: settings.stage,
        LOG_LEVEL: settings.logLevel,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: "Referendum",
        ...(settings.aws === undefined ? {} : { NODE_OPTIONS: "--enable-source-maps" }),
        ...props.environment,
      },
    });
    this.target = this.function;
  }
}
