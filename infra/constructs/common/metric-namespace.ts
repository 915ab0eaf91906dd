import type { StageName } from "../../stages.ts";

/**
 * The CloudWatch namespace of a stage's metrics: stages that share an account share neither curves nor alarms.
 *
 * @param stage the stage
 */
export function metricNamespace(stage: StageName): string {
  return `Referendum/${stage}`;
}
