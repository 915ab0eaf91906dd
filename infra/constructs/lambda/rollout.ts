import { Duration } from "aws-cdk-lib";
import * as appscaling from "aws-cdk-lib/aws-applicationautoscaling";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as codedeploy from "aws-cdk-lib/aws-codedeploy";
import { Trigger } from "aws-cdk-lib/triggers";
import { Construct, type IConstruct } from "constructs";
import type { AwsSettings } from "../../stages.ts";
import { acknowledgeServicePolicy } from "../common/acknowledge.ts";
import type { ServiceFunction } from "./service-function.ts";

export interface RolloutProps {
  readonly aws: AwsSettings;
  readonly migrate: ServiceFunction;
  /** What shifts gradually: the functions in a vote's way, each with what is seen of it when it does its work wrong. */
  readonly votePath: ReadonlyArray<{
    readonly service: ServiceFunction;
    readonly alarms: readonly cloudwatch.IAlarm[];
  }>;
  /** What must not run before the schema is current. */
  readonly afterMigration: readonly IConstruct[];
}

/** CloudFormation gives a custom resource an hour, Lambda the trigger's own function 15 minutes. */
const MIGRATION_MINUTES = 14;

/**
 * The order of a deployment. The schema comes first, by running `migrate` whenever its code changes: when it fails, the
 * deployment fails, and what is live stays as it was, because every alias but `migrate`'s waits. Then the functions in
 * a vote's way shift gradually. Errors of the function are not the only reason to bring back the version before: a
 * release can answer 503 to everybody, or make messages that nobody can read, without an error.
 */
export class Rollout extends Construct {
  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const migration = new Trigger(this, "Migration", {
      handler: props.migrate.function,
      timeout: Duration.minutes(MIGRATION_MINUTES),
    });
    for (const construct of props.afterMigration) construct.node.addDependency(migration);

    const application = new codedeploy.LambdaApplication(this, "Application");
    for (const { service, alarms } of props.votePath) {
      if (service.alias === undefined || service.errorsAlarm === undefined) {
        throw new Error(`${service.name} has no alias or no alarm: a gradual deployment needs both`);
      }
      const group = new codedeploy.LambdaDeploymentGroup(this, `Deploy-${service.name}`, {
        application,
        alias: service.alias,
        // Votes that wait are seen after a minute, three minutes in a row, and two minutes later in CloudWatch.
        deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES,
        alarms: [service.errorsAlarm, ...alarms],
        autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      });
      acknowledgeServicePolicy(
        group,
        "AWSCodeDeployRoleForLambdaLimited",
        "AWS keeps this policy for CodeDeploy's role for Lambda, and CDK attaches it; it may shift aliases and read alarms.",
      );
    }
  }
}

/**
 * Keeps execution environments of a function warm, more of them while more are busy, and a larger number on voting day.
 *
 * @param service the function; it must have an alias
 * @param figures how many
 */
export function keepWarm(service: ServiceFunction, figures: AwsSettings["ingestConcurrency"]): void {
  const target = service.alias?.addAutoScaling({ minCapacity: figures.minimum, maxCapacity: figures.maximum });
  // Half as many busy as there are: a doubling within a minute still finds a warm one.
  target?.scaleOnUtilization({ utilizationTarget: 0.5 });
  if (figures.votingDay === undefined) return;
  target?.scaleOnSchedule("VotingDayBegins", {
    schedule: appscaling.Schedule.expression(figures.votingDay.start),
    minCapacity: figures.votingDay.minimum,
  });
  target?.scaleOnSchedule("VotingDayEnds", {
    schedule: appscaling.Schedule.expression(figures.votingDay.end),
    minCapacity: figures.minimum,
  });
}
