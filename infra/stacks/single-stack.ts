import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Stores } from "../constructs/data/stores.ts";
import { PageRoutes } from "../constructs/pages/page-routes.ts";
import { ParameterConnections } from "../constructs/pipeline/connections.ts";
import { Pipeline } from "../constructs/pipeline/pipeline.ts";
import type { Settings } from "../stages.ts";

export interface SingleStackProps extends StackProps {
  readonly settings: Settings;
  readonly bundleDirectory: string;
  readonly pagesDirectory: string;
}

/**
 * The stages local and localstack: everything in one stack, with only such resource types as both can run. Redis and
 * PostgreSQL are servers beside it, whose addresses are parameters.
 */
export class SingleStack extends Stack {
  readonly pipeline: Pipeline;

  constructor(scope: Construct, id: string, props: SingleStackProps) {
    super(scope, id, props);
    const pipeline = new Pipeline(this, "Pipeline", {
      settings: props.settings,
      bundleDirectory: props.bundleDirectory,
      stores: new Stores(this, "Stores", { settings: props.settings }),
      connections: new ParameterConnections(this),
    });
    this.pipeline = pipeline;
    new PageRoutes(this, "Pages", {
      api: pipeline.api,
      fallback: pipeline.functions.fallback,
      pagesDirectory: props.pagesDirectory,
    });
  }
}
