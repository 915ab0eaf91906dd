import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { AlarmMaker } from "../constructs/common/alarms.ts";
import { exportForEarlierRelease } from "../constructs/common/earlier-release.ts";
import { NetworkConnections } from "../constructs/pipeline/connections.ts";
import { Pipeline } from "../constructs/pipeline/pipeline.ts";
import type { AwsSettings, Settings } from "../stages.ts";
import type { DataStack } from "./data-stack.ts";
import type { NetworkStack } from "./network-stack.ts";

export interface PipelineStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly bundleDirectory: string;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** Resources that may be replaced at any time: queues, functions, API. */
export class PipelineStack extends Stack {
  readonly pipeline: Pipeline;
  readonly alarms: AlarmMaker;

  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    const { settings, aws, network, data } = props;
    this.alarms = new AlarmMaker(settings, aws, data.alarmTopic);
    this.pipeline = new Pipeline(this, "Pipeline", {
      settings,
      bundleDirectory: props.bundleDirectory,
      stores: data.stores,
      connections: new NetworkConnections(network, data),
      alarms: this.alarms,
    });
    // The trail of earlier releases names the role for whom it expects on the queues.
    if (this.pipeline.people !== undefined) exportForEarlierRelease(this, this.pipeline.people.operator.roleName);
    // What people take to do something: the operators' API asks for one of these roles.
    const { people } = this.pipeline;
    for (const [key, value] of Object.entries({
      ReaderRoleArn: people?.reader.roleArn,
      OperatorRoleArn: people?.operator.roleArn,
      ApproverRoleArn: people?.approver.roleArn,
      BreakGlassRoleArn: people?.breakGlass.roleArn,
    })) {
      if (value !== undefined) new CfnOutput(this, key, { value });
    }
  }
}
