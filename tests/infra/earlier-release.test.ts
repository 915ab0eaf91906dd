import { describe, expect, it } from "vitest";
import { at, ofType, synthesize } from "./support/synth.ts";

/**
 * What stacks of release 1.0.0, and of a stage put up since then, import and stacks of this release do not. The names
 * were read from their templates. CloudFormation takes none away that is still imported.
 */
const IMPORTED_BEFORE = [
  ["Network", "ExportsOutputFnGetAttOperatorsGroup1460D13BGroupId9F20014B"],
  ["Data", "ExportsOutputRefStoresKeysA761D242FB594315"],
  ["Data", "ExportsOutputRefRollCacheAuth53E6924CC9DB34C2"],
  ["Data", "ExportsOutputRefRollCachePasswordoperatorF55A79C586D500F9"],
  ["Pipeline", "ExportsOutputRefPipelinePeopleOperatorA3EC1129F07B7E6F"],
] as const;

describe.each(["dev", "prod"] as const)("a stage %s of an earlier release", (stage) => {
  const synthesized = synthesize(stage);

  it.each(IMPORTED_BEFORE)("still finds in the stack %s what it imports: %s", (stack, name) => {
    const template = synthesized.templates.get(`Referendum-${stage}-${stack}`);
    expect(at(template, "Outputs", name, "Export", "Name")).toBe(`Referendum-${stage}-${stack}:${name}`);
  });

  it("keeps the group of operators' machines as it was made, and nothing may pass it any more", () => {
    const group = ofType(synthesized, "AWS::EC2::SecurityGroup").find(
      (it) => it.logicalId === "OperatorsGroup1460D13B",
    );
    expect(group?.properties["GroupDescription"]).toBe("operators machines, where the voters and ops commands run");
    const rules = ["AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"].flatMap((type) =>
      ofType(synthesized, type),
    );
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter((it) => JSON.stringify(it.properties).includes("OperatorsGroup"))).toEqual([]);
  });

  it("gives no function a secret of earlier releases", () => {
    const policies = JSON.stringify(ofType(synthesized, "AWS::IAM::Policy").map((it) => it.properties));
    expect(policies).toMatch(/StoresPepper/);
    expect(policies).not.toMatch(/StoresKeysA761D242|RollCacheAuth|RollCachePasswordoperatorF55/);
  });
});
