import { Duration, Stack } from "aws-cdk-lib";
import * as cloudtrail from "aws-cdk-lib/aws-cloudtrail";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { keep, keepBucket } from "../common/keep.ts";
import { metricNamespace } from "../common/metric-namespace.ts";

/** Something that only some roles may use. */
export interface Guarded {
  /** In letters and dashes; part of the metric filter's id. */
  readonly name: string;
  readonly kind: "queue" | "secret";
  /** A queue's ARN, or a secret's. */
  readonly arn: string;
  /** What an event calls it: a queue's name, or a secret's, which is a part of its ARN too. */
  readonly identifier: string;
  /** Who uses it every day; anybody else is an alarm. */
  readonly users: readonly iam.IRole[];
}

export interface AccessTrailProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly guarded: readonly Guarded[];
  /** ARNs of the tables. Their use by anybody but the functions is recorded too. */
  readonly tables: readonly string[];
  /** The functions, whose ordinary use is not recorded. */
  readonly functions: readonly iam.IRole[];
  readonly alarms: AlarmMaker;
}

/** The metric of uses that nobody expects. */
export const UNEXPECTED_ACCESS = "UnexpectedAccess";
type Selector = readonly cloudtrail.CfnTrail.AdvancedFieldSelectorProperty[];

/**
 * A record of who used queues, tables and secrets, kept where nobody can delete it, and an alarm on unexpected callers.
 *
 * Messages that functions send, dead letters that they send back included, are not recorded: CloudTrail keeps the MD5
 * of each message's body (SQS Developer Guide, "Logging using CloudTrail"). Somebody who also has the database knows
 * nearly all of a body, so a record of every vote would reveal choices.
 */
export class AccessTrail extends Construct {
  constructor(scope: Construct, id: string, props: AccessTrailProps) {
    super(scope, id);
    const { settings, aws, alarms } = props;
    const logGroup = new logs.LogGroup(this, "Log", {
      logGroupName: `/referendum/${settings.stage}/access-trail`,
      retention: settings.logRetentionDays,
      removalPolicy: keep(aws),
    });
    const trail = new cloudtrail.Trail(this, "Trail", {
      // CDK's interfaces say "absent" where its classes say "undefined", which this project's compiler tells apart.
      bucket: this.#bucket(aws) as s3.IBucket,
      sendToCloudWatchLogs: true,
      cloudWatchLogGroup: logGroup,
      enableFileValidation: true,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
    });
    acknowledge(
      trail,
      "IAM5[Resource::*]",
      "The role that CloudTrail writes this log group with may write each of its streams, whose names CloudTrail makes.",
    );
    const resource = trail.node.defaultChild;
    if (!(resource instanceof cloudtrail.CfnTrail)) throw new Error("the trail has no CloudFormation resource");
    resource.addPropertyDeletionOverride("EventSelectors");
    resource.advancedEventSelectors = selectorsOf(this, props).map(([name, fieldSelectors]) => ({
      name,
      fieldSelectors: [...fieldSelectors],
    }));
    for (const guarded of props.guarded) {
      new logs.MetricFilter(this, `Unexpected-${guarded.name}`, {
        logGroup,
        filterPattern: logs.FilterPattern.literal(unexpected(guarded)),
        metricNamespace: metricNamespace(settings.stage),
        metricName: UNEXPECTED_ACCESS,
        metricValue: "1",
      });
    }
    alarms.add(this, "unexpected-access", {
      what: "Somebody who is not expected used a queue or read a secret of the stage, or tried to, or took the break-glass role to the operators' API.",
      runbook: "alarm-unexpected-access",
      metric: new cloudwatch.Metric({
        namespace: metricNamespace(settings.stage),
        metricName: UNEXPECTED_ACCESS,
        statistic: "Sum",
        period: Duration.minutes(5),
      }),
      threshold: 0,
    });
  }

  /** Where data are protected, nobody can delete or overwrite a record before its time, the account's root included. */
  #bucket(aws: AwsSettings): s3.Bucket {
    const retention = Duration.days(aws.access.trailRetentionDays);
    const bucket = new s3.Bucket(this, "Records", {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      lifecycleRules: [{ expiration: retention, noncurrentVersionExpiration: Duration.days(1) }],
      ...keepBucket(aws),
      ...(aws.protectData
        ? { objectLockEnabled: true, objectLockDefaultRetention: s3.ObjectLockRetention.compliance(retention) }
        : {}),
    });
    acknowledge(
      bucket,
      "S1",
      "It is itself the record of who used what; a log of who read the record would need a bucket of the same kind again.",
    );
    return bucket;
  }
}

function selectorsOf(scope: Construct, props: AccessTrailProps): ReadonlyArray<readonly [name: string, Selector]> {
  const { partition, account } = Stack.of(scope);
  const sessionsOf = (roles: readonly iam.IRole[]) =>
    roles.map((role) => `arn:${partition}:sts::${account}:assumed-role/${role.roleName}/`);
  const data = (type: string, arns: readonly string[], notBy: readonly iam.IRole[]): Selector => [
    { field: "eventCategory", equalTo: ["Data"] },
    { field: "resources.type", equalTo: [type] },
    { field: "resources.ARN", equalTo: [...arns] },
    { field: "userIdentity.arn", notStartsWith: sessionsOf(notBy) },
  ];
  const queues = props.guarded.flatMap(({ kind, arn }) => (kind === "queue" ? [arn] : []));
  return [
    [
      "Queues, but for what is sent",
      [...data("AWS::SQS::Queue", queues, props.functions), { field: "eventName", notStartsWith: ["SendMessage"] }],
    ],
    [
      "What is sent, but by functions: a message's MD5 tells its choice",
      [...data("AWS::SQS::Queue", queues, props.functions), { field: "eventName", startsWith: ["SendMessage"] }],
    ],
    ["Tables", data("AWS::DynamoDB::Table", props.tables, props.functions)],
    [
      "Secrets, and every change of the account",
      [
        { field: "eventCategory", equalTo: ["Management"] },
        // Each use of a key to read a secret or a message, because the secret and the queue have separate events.
        { field: "eventSource", notEquals: ["kms.amazonaws.com", "rdsdata.amazonaws.com"] },
      ],
    ],
  ];
}

/**
 * Matches events of one queue or secret that are not of its users. Left out are services of AWS that act by themselves
 * (RDS with its master password) and CloudFormation, which reads a password for the resource that it makes with it.
 */
function unexpected({ kind, identifier, users }: Guarded): string {
  const issuer = "$.userIdentity.sessionContext.sessionIssuer.userName";
  const isOther = users.map((role) => `${issuer} != "${role.roleName}"`).join(" && ");
  const by =
    '($.userIdentity.type != "AWSService") && ' +
    '(($.userIdentity.invokedBy NOT EXISTS) || ($.userIdentity.invokedBy != "cloudformation.amazonaws.com")) && ' +
    // A user or the root user has no role.
    `((${issuer} NOT EXISTS) || (${isOther}))`;
  const use =
    kind === "queue"
      ? `($.eventSource = "sqs.amazonaws.com") && ($.eventName != "Get*") && ($.eventName != "List*") && ` +
        `($.requestParameters.queueUrl = "*/${identifier}")`
      : `($.eventName = "GetSecretValue") && ($.requestParameters.secretId = "*${identifier}*")`;
  return `{ ${use} && ${by} }`;
}
