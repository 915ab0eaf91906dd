import { type App, Tags } from "aws-cdk-lib";
import { SingleStack } from "./stacks/single-stack.ts";
import type { Settings } from "./stages.ts";

/**
 * Builds the stacks of one stage.
 *
 * @param app the CDK app
 * @param settings the stage's settings (stages.ts)
 * @param bundleDirectory the folder of the bundled functions (bundles.ts)
 */
export function buildApplication(app: App, settings: Settings, bundleDirectory: string): void {
  Tags.of(app).add("application", "referendum");
  Tags.of(app).add("stage", settings.stage);
  new SingleStack(app, `Referendum-${settings.stage}`, {
    settings,
    bundleDirectory,
    description: `Referendum voting system, stage ${settings.stage}`,
  });
}
