import { describe, expect, it } from "vitest";
import { STAGE_NAMES, settingsOf } from "../../infra/stages.ts";
import { at, functionNamed, listAt, ofType, synthesize, textAt } from "./support/synth.ts";

describe.each(STAGE_NAMES)("public logs on stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const onAws = synthesized.settings.aws !== undefined;
  const methods = ofType(synthesized, "AWS::ApiGateway::Method").filter(({ properties }) =>
    JSON.stringify(at(properties, "Integration", "Uri") ?? "").match(/s3:path\/.*(StoresPublicLog|log\/\{law\})/),
  );

  it("are files of a bucket of their own, which the API reads by GET and HEAD", () => {
    expect(methods.map(({ properties }) => at(properties, "HttpMethod")).sort()).toEqual([
      "GET",
      "GET",
      "HEAD",
      "HEAD",
    ]);
    for (const { properties } of methods) {
      expect(at(properties, "Integration", "RequestParameters")).toEqual({
        "integration.request.path.law": "method.request.path.law_id",
        "integration.request.path.file": "method.request.path.proxy",
      });
    }
  });

  it("have tiles that are bytes and are kept for ever, and texts that are kept for seconds", () => {
    for (const { properties } of methods) {
      const found = at(properties, "Integration", "IntegrationResponses", 0);
      const areTiles = JSON.stringify(at(properties, "Integration", "Uri")).includes("/tile/");
      expect(at(found, "ContentHandling")).toBe(areTiles ? "CONVERT_TO_BINARY" : undefined);
      expect(at(found, "ResponseParameters")).toMatchObject({
        "method.response.header.Cache-Control": areTiles
          ? "'public, max-age=31536000, immutable'"
          : "'public, max-age=5'",
        "method.response.header.Access-Control-Allow-Origin": "'*'",
      });
      expect(at(properties, "Integration", "IntegrationResponses", 1)).toMatchObject({
        StatusCode: "404",
        ResponseTemplates: { "application/xml": expect.stringContaining('"status":404') },
      });
    }
    const api = ofType(synthesized, "AWS::ApiGateway::RestApi").find(
      ({ properties }) => properties["Name"] === `referendum-${stage}`,
    );
    expect(api?.properties["BinaryMediaTypes"]).toEqual(["application/octet-stream"]);
  });

  it("are signed by a key that nobody reads, or by a secret where there is no such key", () => {
    const variables = at(functionNamed(synthesized, "log").properties, "Environment", "Variables");
    expect(at(variables, "LOG_KEY_ID") !== undefined).toBe(onAws);
    expect(at(variables, "LOG_KEY_SECRET_ARN") !== undefined).toBe(!onAws);
    const keys = synthesized.resources.filter(
      ({ type, properties }) => type === "AWS::KMS::Key" && properties["KeyUsage"] !== undefined,
    );
    expect(keys.map(({ properties }) => [properties["KeySpec"], properties["KeyUsage"]])).toEqual(
      onAws ? [["ECC_NIST_EDWARDS25519", "SIGN_VERIFY"]] : [],
    );
  });

  it("are in a bucket from which nobody deletes", () => {
    const bucket = ofType(synthesized, "AWS::S3::Bucket").find(({ logicalId }) =>
      logicalId.startsWith("StoresPublicLog"),
    );
    const isProtected = synthesized.settings.aws?.protectData === true;
    expect(bucket?.properties["ObjectLockEnabled"]).toBe(isProtected ? true : undefined);
    if (isProtected) {
      expect(at(bucket?.properties, "ObjectLockConfiguration", "Rule", "DefaultRetention")).toEqual({
        Mode: "GOVERNANCE",
        Days: 365,
      });
      expect(at(bucket?.properties, "VersioningConfiguration", "Status")).toBe("Enabled");
    }
    for (const policy of ofType(synthesized, "AWS::IAM::Policy")) {
      for (const statement of listAt(policy.properties, "PolicyDocument", "Statement")) {
        if (!JSON.stringify(at(statement, "Resource") ?? "").includes("StoresPublicLog")) continue;
        for (const action of listAt(statement, "Action").map(String)) {
          // CDK's own function empties buckets where nothing is kept.
          if (policy.logicalId.startsWith("Custom")) continue;
          expect(action).toMatch(/^(s3:(GetObject|PutObject|ListBucket)|secretsmanager:GetSecretValue)$/);
        }
      }
    }
  });

  it("are continued at the rate of the setting", () => {
    const [rule] = ofType(synthesized, "AWS::Events::Rule").filter(({ properties }) =>
      JSON.stringify(at(properties, "Targets", 0, "Arn")).includes("PipelineLog"),
    );
    expect(textAt(rule?.properties, "ScheduleExpression")).toBe("rate(1 minute)");
    expect(at(rule?.properties, "Targets", 0, "RetryPolicy", "MaximumRetryAttempts")).toBe(0);
  });
});

it("whole minutes are asked for where EventBridge counts", () => {
  expect(() => settingsOf("dev", { publicLog: { intervalSeconds: 90 } })).toThrow(/whole minutes/);
  expect(settingsOf("dev", { publicLog: { intervalSeconds: 120 } }).publicLog.intervalSeconds).toBe(120);
  expect(settingsOf("local", { publicLog: { intervalSeconds: 1 } }).publicLog.intervalSeconds).toBe(1);
});
