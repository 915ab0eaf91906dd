import { Duration, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { AwsSettings } from "../../stages.ts";
import { keep } from "../common/keep.ts";

/** Actions of a queue's consumer and of Lambda's pollers, which act in its role. */
export const CONSUME_ACTIONS = [
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
];
const READ_ACTIONS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];
/** Actions that delete messages, or move them past the consumers. They are not part of anybody's daily work. */
const BULK_ACTIONS = ["sqs:PurgeQueue", "sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask"];
/** Actions that change permissions. */
const MANAGE_ACTIONS = ["sqs:SetQueueAttributes", "sqs:AddPermission", "sqs:RemovePermission", "sqs:DeleteQueue"];
/** All actions, for repairs. */
export const BREAK_GLASS_ACTIONS = ["sqs:SendMessage", ...CONSUME_ACTIONS, ...BULK_ACTIONS, ...MANAGE_ACTIONS];

/**
 * Long enough that a queue under load rarely uses its key, and short enough that a removed permission takes effect
 * soon.
 */
export const DATA_KEY_REUSE = Duration.minutes(5);

/** Who uses a queue. */
export interface QueueUsers {
  readonly send: readonly iam.IRole[];
  readonly receive: readonly iam.IRole[];
}

/**
 * Refuses a queue to everybody who is not named, whatever their policies allow. Only the role that CloudFormation
 * deploys with and the account's root user may change the queue, so that a wrong policy can be repaired. Services that
 * act by themselves are exempt (SQS, when it moves a message to the dead-letter queue).
 *
 * @param queue the queue
 * @param users who sends and who receives
 * @param breakGlass who may do everything
 * @param aws the stage's settings of the account
 */
export function restrictQueue(queue: sqs.IQueue, users: QueueUsers, breakGlass: iam.IRole, aws: AwsSettings): void {
  const { account, partition } = Stack.of(queue);
  const repair = [
    ...aws.access.deployRoles.map((name) => `arn:${partition}:iam::${account}:role/${name}`),
    `arn:${partition}:iam::${account}:root`,
  ];
  const arns = (roles: readonly iam.IRole[]) => [...roles, breakGlass].map((role) => role.roleArn);
  const only = (sid: string, actions: string[], principals: readonly string[]) =>
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions,
        resources: [queue.queueArn],
        conditions: {
          // The role's ARN, also of a session of it.
          ArnNotLike: { "aws:PrincipalArn": principals },
          BoolIfExists: { "aws:PrincipalIsAWSService": "false" },
        },
      }),
    );
  only("OnlySenders", ["sqs:SendMessage"], arns(users.send));
  only("OnlyReceivers", READ_ACTIONS, arns(users.receive));
  only("OnlyBreakGlass", BULK_ACTIONS, arns([]));
  only("OnlyDeployments", MANAGE_ACTIONS, [...repair, breakGlass.roleArn]);
}

/** An administrator of the account may do everything with a key except use it. */
const ADMINISTRATION = [
  "kms:Create*",
  "kms:Describe*",
  "kms:Enable*",
  "kms:List*",
  "kms:Put*",
  "kms:Update*",
  "kms:Revoke*",
  "kms:Disable*",
  "kms:Get*",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:ScheduleKeyDeletion",
  "kms:CancelKeyDeletion",
  "kms:RotateKeyOnDemand",
];

/**
 * A key that encrypts a queue and its dead-letter queue. Its policy names no principal that may use it: `letUse` adds
 * them, so that no policy of the account's own gives the right to read messages.
 *
 * @param scope where it belongs
 * @param name the queue's name
 * @param aws the stage's settings of the account
 */
export function queueKey(scope: Construct, name: string, aws: AwsSettings): kms.Key {
  const { account, partition } = Stack.of(scope);
  return new kms.Key(scope, "Key", {
    description: `Messages of the ${name} queue and its dead-letter queue`,
    enableKeyRotation: true,
    removalPolicy: keep(aws),
    policy: new iam.PolicyDocument({
      statements: [
        new iam.PolicyStatement({
          sid: "AdministerButNotUse",
          principals: [new iam.ArnPrincipal(`arn:${partition}:iam::${account}:root`)],
          actions: ADMINISTRATION,
          resources: ["*"],
        }),
      ],
    }),
  });
}

/**
 * Lets roles use the key of a queue, through SQS only. Senders need `kms:Decrypt` too, because SQS checks the data key
 * that it made (SQS Developer Guide, "Key management").
 *
 * @param key the queue's key
 * @param roles who sends to the queue or its dead-letter queue, or receives from them
 */
export function letUse(key: kms.Key, roles: readonly iam.IRole[]): void {
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: "UseThroughSqs",
      principals: roles.map((role) => new iam.ArnPrincipal(role.roleArn)),
      actions: ["kms:Decrypt", "kms:GenerateDataKey"],
      resources: ["*"],
      conditions: { StringEquals: { "kms:ViaService": `sqs.${Stack.of(key).region}.amazonaws.com` } },
    }),
  );
}
