import { expect } from "vitest";
import type { FunctionName } from "../../../infra/functions.ts";
import { at, functionNamed, listAt, ofType, type Synthesized } from "./synth.ts";

/** The name in the tables for a resource in a policy. */
const NAMES: ReadonlyArray<readonly [pattern: RegExp, name: string]> = [
  [/"\*"/, "*"],
  [/AWS::StackId/, "stack"],
  ...["looks", "roll-looks", "acts", "rolls", "approvals", "approved", "roll-approved"].map(
    (group) => [new RegExp(`OperatorsApi.*/live/POST/v1/${group}/\\*`), group] as const,
  ),
  [/PipelineIngest[0-9A-F]/, "ingest"],
  [/PipelineLog[0-9A-F]|PipelineLogAlias/, "log"],
  [/VotesMapping/, "mapping of votes"],
  [/OutcomesMapping/, "mapping of outcomes"],
  [/VotesDeadLetters/, "votes-dlq"],
  [/OutcomesDeadLetters/, "outcomes-dlq"],
  [/VotesQueue/, "votes"],
  [/OutcomesQueue/, "outcomes"],
  [/StoresLaws/, "laws"],
  [/StoresReceipts/, "receipts"],
  [/StoresRequestIdKey/, "request id key"],
  [/StoresIdempotencyKey/, "idempotency key"],
  [/StoresPersonKey/, "person key"],
  [/StoresPepper/, "pepper"],
  [/StoresCodeCheckKey/, "code check key"],
  [/StoresMacValidateKey/, "mac key of validate"],
  [/StoresMacRecordKey/, "mac key of aggregate"],
  [/StoresMacOutcomeKey/, "mac key of outcomes"],
  [/StoresSealKey/, "seal key"],
  [/StoresPromiseKey/, "promise key"],
  [/StoresLogKey/, "log key"],
  [/StoresPublicLog.*\/log\/\*/, "public logs/log"],
  [/StoresPublicLog[0-9A-F]/, "public logs"],
  ...["journal", "set-aside", "set-aside-undone", "roll-changes"].map(
    (part) => [new RegExp(`StoresArchive.*/${part}/\\*`), `archive/${part}`] as const,
  ),
  [/StoresArchiveKey/, "archive key"],
  [/StoresArchive[0-9A-F]/, "archive"],
  [/StoresSetAsideKey/, "set-aside key"],
  [/RollCachePasswordhealth/, "redis password of health"],
  [/RollCachePasswordvalidate/, "redis password of validate"],
  [/RollCachePasswordoperate/, "redis password of operate"],
  [/RollCachePasswordroll/, "redis password of roll"],
  [/MasterUserSecret/, "database master password"],
  [/dbuser.*election_user/s, "database as election_user"],
  [/dbuser.*referendum_log/s, "proxy as referendum_log"],
  [/dbuser.*referendum_operate/s, "proxy as referendum_operate"],
  [/dbuser.*referendum_roll/s, "proxy as referendum_roll"],
  [/dbuser.*referendum_writer/s, "proxy as referendum_writer"],
  [/dbuser.*referendum_reader/s, "proxy as referendum_reader"],
  [/DataKey|Key961B73FD/, "data key"],
];

function nameOf(resource: unknown, functionName: FunctionName = "ingest"): string {
  const text = JSON.stringify(resource);
  const ownLog = new RegExp(`Pipeline${functionName.charAt(0).toUpperCase()}${functionName.slice(1)}Logs`);
  if (ownLog.test(text)) return "own log";
  return NAMES.find(([pattern]) => pattern.test(text))?.[1] ?? text;
}

/** The statements of the policies that a function's role has. */
export function statementsOf(synthesized: Synthesized, name: FunctionName): readonly unknown[] {
  const role = at(functionNamed(synthesized, name).properties, "Role", "Fn::GetAtt", 0);
  const roleResource = synthesized.resources.find((it) => it.logicalId === role);
  expect(roleResource?.properties, `${name} has a policy that is not its own`).not.toHaveProperty("ManagedPolicyArns");
  return ofType(synthesized, "AWS::IAM::Policy")
    .filter((policy) => listAt(policy.properties, "Roles").some((it) => at(it, "Ref") === role))
    .flatMap((policy) => listAt(policy.properties, "PolicyDocument", "Statement"));
}

/** The permissions of a function. */
export function allowedTo(synthesized: Synthesized, name: FunctionName): Record<string, string[]> {
  return grantsOf(statementsOf(synthesized, name), name);
}

/** The permissions of a role that is not a function's, by the beginning of its id. */
export function allowedToRole(synthesized: Synthesized, id: string): Record<string, string[]> {
  const policies = ofType(synthesized, "AWS::IAM::Policy").filter((policy) =>
    listAt(policy.properties, "Roles").some((it) => String(at(it, "Ref")).startsWith(id)),
  );
  return grantsOf(policies.flatMap((policy) => listAt(policy.properties, "PolicyDocument", "Statement")));
}

function grantsOf(statements: readonly unknown[], name?: FunctionName): Record<string, string[]> {
  const grants: Record<string, Set<string>> = {};
  for (const statement of statements) {
    if (at(statement, "Effect") !== "Allow") continue;
    for (const action of listAt(statement, "Action").map(String)) {
      const names = grants[action] ?? new Set<string>();
      for (const resource of listAt(statement, "Resource")) names.add(nameOf(resource, name));
      grants[action] = names;
    }
  }
  return Object.fromEntries(Object.entries(grants).map(([action, names]) => [action, [...names].sort()]));
}
