/** The CDK app: `npx cdk synth -c stage=local|localstack|dev|prod [-c settings='{"api":{"throttleRate":20}}']`. */
import { App } from "aws-cdk-lib";
import { buildApplication } from "../infra/application.ts";
import { bundleFunctions } from "../infra/bundles.ts";
import { settingsOf } from "../infra/stages.ts";

const app = new App();
try {
  const settings = settingsOf(contextText("stage") ?? "local", JSON.parse(contextText("settings") ?? "{}"));
  buildApplication(app, settings, contextText("bundles") ?? (await bundleFunctions()));
  app.synth();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function contextText(key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return typeof value === "string" ? value : undefined;
}
