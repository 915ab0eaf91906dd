import { type App, type Environment, Tags, Validations } from "aws-cdk-lib";
import type * as s3 from "aws-cdk-lib/aws-s3";
import { AwsSolutionsChecks } from "cdk-nag";
import { DataStack } from "./stacks/data-stack.ts";
import { EdgeStack } from "./stacks/edge-stack.ts";
import { NetworkStack } from "./stacks/network-stack.ts";
import { ObservabilityStack } from "./stacks/observability-stack.ts";
import { PagesStack } from "./stacks/pages-stack.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";
import { SingleStack } from "./stacks/single-stack.ts";
import type { AwsSettings, Settings } from "./stages.ts";
import { refuseUnwatched } from "./stages-aws.ts";

/** The bundles and pages that were built before. */
export interface Built {
  /** The folder of the bundled functions (bundles.ts). */
  readonly bundleDirectory: string;
  /** The folder of the voters' pages (pages.ts). */
  readonly pagesDirectory: string;
}

/**
 * Builds the stacks of one stage.
 *
 * @param app the CDK app
 * @param settings the stage's settings (stages.ts)
 * @param built the folders of the bundled functions and of the pages
 * @throws Error when prod has no recipient of alarms
 */
export function buildApplication(app: App, settings: Settings, { bundleDirectory, pagesDirectory }: Built): void {
  Tags.of(app).add("application", "referendum");
  Tags.of(app).add("stage", settings.stage);
  if (settings.aws !== undefined) {
    buildAwsStacks(app, settings, settings.aws, { bundleDirectory, pagesDirectory });
    return;
  }
  new SingleStack(app, `Referendum-${settings.stage}`, {
    settings,
    bundleDirectory,
    pagesDirectory,
    description: `Referendum voting system, stage ${settings.stage}`,
  });
}

function buildAwsStacks(
  app: App,
  settings: Settings,
  aws: AwsSettings,
  { bundleDirectory, pagesDirectory }: Built,
): void {
  refuseUnwatched(settings.stage, aws);
  const account = process.env["CDK_DEFAULT_ACCOUNT"];
  const env: Environment = { region: aws.region, ...(account === undefined ? {} : { account }) };
  const named = (name: string) => `Referendum-${settings.stage}-${name}`;
  const common = { settings, aws, env };
  const network = new NetworkStack(app, named("Network"), {
    ...common,
    description: "Referendum: isolated network and endpoints",
  });
  const data = new DataStack(app, named("Data"), {
    ...common,
    network,
    terminationProtection: aws.protectData,
    description: "Referendum: what must outlive a deploy",
  });
  const pipeline = new PipelineStack(app, named("Pipeline"), {
    ...common,
    network,
    data,
    bundleDirectory,
    description: "Referendum: API, functions and queues",
  });
  const { api } = pipeline.pipeline.api;
  const edge = new EdgeStack(app, named("Edge"), {
    ...common,
    api,
    description: "Referendum: firewall and the API's own name",
  });
  if (edge.originKey !== undefined) {
    new PagesStack(app, named("Pages"), {
      ...common,
      api,
      originKey: edge.originKey,
      logs: data.stores.logs as s3.IBucket,
      pagesDirectory,
      description: "Referendum: voters' pages",
    });
  }
  new ObservabilityStack(app, named("Observability"), {
    ...common,
    data,
    pipeline,
    description: "Referendum: service levels, alarms on data, dashboard",
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
