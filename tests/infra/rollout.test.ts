import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../infra/functions.ts";
import { at, functionNamed, listAt, ofType, synthesize, theOnly, theOnlyOfApi } from "./support/synth.ts";

describe.each(["dev", "prod"] as const)("stage %s", (stage) => {
  const synthesized = synthesize(stage);

  describe("a deployment", () => {
    const trigger = theOnly(synthesized, "Custom::Trigger");
    const waitsFor = (logicalId: string): boolean => {
      const resource = synthesized.resources.find((it) => it.logicalId === logicalId);
      return resource?.dependsOn.includes(trigger.logicalId) ?? false;
    };

    it("migrates before a vote can arrive, and changes nothing that is live when the migration fails", () => {
      for (const mapping of ofType(synthesized, "AWS::Lambda::EventSourceMapping")) {
        expect(waitsFor(mapping.logicalId), mapping.logicalId).toBe(true);
      }
      for (const api of ["voters", "operators"] as const) {
        expect(waitsFor(theOnlyOfApi(synthesized, api, "AWS::ApiGateway::Stage").logicalId), api).toBe(true);
      }
      const migrate = functionNamed(synthesized, "migrate").logicalId;
      const aliases = ofType(synthesized, "AWS::Lambda::Alias");
      expect(aliases).toHaveLength(FUNCTION_NAMES.length);
      for (const { logicalId, properties } of aliases) {
        expect(waitsFor(logicalId), logicalId).toBe(at(properties, "FunctionName", "Ref") !== migrate);
      }
    });

    it("has an order: nothing waits for itself, alarms that take a release back included", () => {
      const resources = synthesized.resources.filter((it) => it.stack.endsWith("-Pipeline"));
      const ids = new Set(resources.map((it) => it.logicalId));
      const waits = new Map(
        resources.map((it) => {
          const { properties, updatePolicy, dependsOn } = it;
          const refs = JSON.stringify([properties, updatePolicy]).matchAll(
            /"Ref":"(\w+)"|"Fn::GetAtt":\["(\w+)"|\$\{(\w+)/g,
          );
          const named = [...refs].map(([, ref, attribute, text]) => ref ?? attribute ?? text ?? "");
          return [it.logicalId, [...dependsOn, ...named].filter((id) => ids.has(id) && id !== it.logicalId)];
        }),
      );
      const group = ofType(synthesized, "AWS::CodeDeploy::DeploymentGroup")[0]?.logicalId ?? "";
      expect([...waits.values()].flat()).toContain(group);
      const done = new Set<string>();
      for (let before = -1; done.size > before; ) {
        before = done.size;
        for (const [id, others] of waits) if (others.every((other) => done.has(other))) done.add(id);
      }
      expect([...ids].filter((id) => !done.has(id))).toEqual([]);
    });

    it("waits for the migration and fails with it", () => {
      expect(trigger.properties["InvocationType"]).toBe("RequestResponse");
      expect(JSON.stringify(trigger.properties["HandlerArn"])).toContain("Migrate");
    });

    it("shifts the vote path gradually and goes back when an alarm says so", () => {
      const groups = ofType(synthesized, "AWS::CodeDeploy::DeploymentGroup");
      expect(groups).toHaveLength(3);
      for (const group of groups) {
        expect(JSON.stringify(group.properties["DeploymentConfigName"])).toContain("LambdaCanary10Percent10Minutes");
        expect(at(group.properties, "AlarmConfiguration", "Enabled")).toBe(true);
        expect(listAt(group.properties, "AutoRollbackConfiguration", "Events")).toContain("DEPLOYMENT_STOP_ON_ALARM");
      }
    });
  });

  describe("a wrong release is taken back by", () => {
    const groups = ofType(synthesized, "AWS::CodeDeploy::DeploymentGroup");
    const alarms = ofType(synthesized, "AWS::CloudWatch::Alarm");
    const alarmsOf = (name: string) => {
      const group = groups.find((it) => it.logicalId.includes(`Deploy${name}`));
      const named = JSON.stringify(at(group?.properties, "AlarmConfiguration", "Alarms"));
      return alarms.filter((alarm) => named.includes(`"${alarm.logicalId}"`));
    };
    const watched = (name: string) =>
      alarmsOf(name).map(({ properties }) => {
        const metrics = JSON.stringify(properties);
        return /"MetricName":"(Errors|5XXError|ApproximateAgeOfOldestMessage|NumberOfMessagesSent)"/.exec(metrics)?.[1];
      });

    it("alarms on votes that get 5xx, on waiting votes and on dead letters, not only on errors", () => {
      expect(watched("ingest").sort()).toEqual(["5XXError", "Errors", "NumberOfMessagesSent"]);
      const consumer = ["ApproximateAgeOfOldestMessage", "Errors", "NumberOfMessagesSent"];
      expect(watched("validate").sort()).toEqual([...consumer, "NumberOfMessagesSent"]);
      expect(watched("aggregate").sort()).toEqual(consumer);
    });

    it.each(["ingest", "validate", "aggregate"])(
      "alarms of %s within ten minutes, while the release has a tenth of the traffic",
      (name) => {
        for (const { properties, logicalId } of alarmsOf(name)) {
          const metric = properties["Period"] ?? at(properties, "Metrics", 1, "MetricStat", "Period");
          const periods = Number(properties["DatapointsToAlarm"] ?? properties["EvaluationPeriods"]);
          // A message must be old first. CloudWatch has a figure two minutes after the fact at most.
          const threshold = properties["MetricName"] === "ApproximateAgeOfOldestMessage" ? properties["Threshold"] : 0;
          expect(Number(threshold) + Number(metric) * periods + 120, logicalId).toBeLessThan(600);
        }
      },
    );

    it("no alarm on old dead letters, which would refuse the release that can read them", () => {
      const all = JSON.stringify(["ingest", "validate", "aggregate"].flatMap(alarmsOf));
      expect(all).not.toContain("ApproximateNumberOfMessagesVisible");
    });
  });
});
