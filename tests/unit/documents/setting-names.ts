import { settingsOf } from "../../../infra/stages.ts";

/** Every setting of a stage as a path, optional ones included. */
export function settingNames(): Set<string> {
  const everything = settingsOf("prod", {
    aws: {
      alarms: { emails: ["operators@example.org"] },
      ingestConcurrency: { votingDay: { minimum: 1, start: "-", end: "-" } },
      domain: { name: "-", certificateArn: "-", mutualTlsTruststore: "s3://-" },
      pages: { enabled: false, domain: { name: "-", certificateArn: "arn:aws:acm:us-east-1:-" } },
    },
  });
  const names = (value: unknown, path: string): string[] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([name, one]) => names(one, path === "" ? name : `${path}.${name}`))
      : [path.replace(/^functions\.\w+\./, "functions.<name>.")];
  return new Set(names(everything, ""));
}
