import { Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import type { OperatorsApi } from "../operators/operators-api.ts";
import { groupsOf, type PersonRole } from "../operators/routes.ts";

export interface PeopleProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  /** The door that they use. */
  readonly door: OperatorsApi;
}

/** What `npm run console` reads of CloudWatch: curves, and alarms with their states. Neither has a vote or a voter. */
const WATCH_ACTIONS = ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"];

/**
 * The roles for people. Each may ask for some groups of acts at the operators' API, knows where that is, and may look
 * at metrics and alarms of the stage's region. None may use a table, a queue, a secret or the database, except the
 * break-glass role, which may do everything with the queues.
 */
export class People extends Construct {
  /** Looks at everything and changes nothing. */
  readonly reader: iam.Role;
  /** Acts, and proposes what needs a second person. */
  readonly operator: iam.Role;
  /** Approves or refuses what another person has proposed. */
  readonly approver: iam.Role;
  /** May do everything that the door offers, and everything with the queues. Its use raises an alarm. */
  readonly breakGlass: iam.Role;
  /** The names of the roles whose sessions must have the name of the person. */
  readonly pinned: readonly string[];

  constructor(scope: Construct, id: string, { settings, aws, door }: PeopleProps) {
    super(scope, id);
    const { readers, operators, approvers, breakGlass, sessionName } = aws.access;
    const { stackId, region } = Stack.of(this);
    const role = (name: PersonRole, idOf: string, arns: readonly string[], description: string) => {
      const made = new iam.Role(this, idOf, {
        assumedBy: pinnedTo(sessionName, trusted(this, arns)),
        description: `${description}, stage ${settings.stage}`,
      });
      door.letIn(made, groupsOf(name));
      // Where the API is.
      made.addToPolicy(new iam.PolicyStatement({ actions: ["cloudformation:DescribeStacks"], resources: [stackId] }));
      made.addToPolicy(
        new iam.PolicyStatement({
          actions: WATCH_ACTIONS,
          resources: ["*"],
          conditions: { StringEquals: { "aws:RequestedRegion": region } },
        }),
      );
      acknowledge(
        made,
        "IAM5[Resource::*]",
        "Metrics are no resources, and composite alarms are told only to whoever may see every alarm (CloudWatch API reference, DescribeAlarms).",
      );
      return made;
    };
    this.reader = role("reader", "Reader", readers, "Looks at laws, rolls, queues, ledger and journal");
    this.operator = role("operator", "Operator", operators, "Operates laws, rolls and queues");
    this.approver = role("approver", "Approver", approvers, "Approves what another person has proposed");
    this.breakGlass = role(
      "break-glass",
      "BreakGlass",
      breakGlass,
      "Repairs what nothing else can, the queues included; an alarm tells of its use",
    );
    const all = [this.reader, this.operator, this.approver, this.breakGlass];
    door.admitOnly(all);
    this.pinned = sessionName === "any" ? [] : all.map(({ roleName }) => roleName);
  }
}

/** The session has the name of the person who takes the role, so that nobody acts under another's name. */
function pinnedTo(sessionName: string, principal: iam.IPrincipal): iam.IPrincipal {
  if (sessionName === "any") return principal;
  return new iam.PrincipalWithConditions(principal, { StringEquals: { "sts:RoleSessionName": sessionName } });
}

/** The principals that are named, or the account: then its own policies say who may take the role. */
function trusted(scope: Construct, arns: readonly string[]): iam.IPrincipal {
  const [first, ...others] = arns.map((arn) => new iam.ArnPrincipal(arn));
  if (first === undefined) return new iam.AccountPrincipal(Stack.of(scope).account);
  return others.length === 0 ? first : new iam.CompositePrincipal(first, ...others);
}
