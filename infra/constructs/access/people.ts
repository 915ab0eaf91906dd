import { Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";

export interface PeopleProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
}

/** The roles for people: one for operating queues, and one for unforeseen repairs. Each use of them is on the trail. */
export class People extends Construct {
  /** Sends dead letters back: reads the dead-letter queues, sends to the queues. */
  readonly operator: iam.Role;
  /** May do everything with the queues. Its use raises an alarm. */
  readonly breakGlass: iam.Role;

  constructor(scope: Construct, id: string, props: PeopleProps) {
    super(scope, id);
    const { settings, aws } = props;
    this.operator = new iam.Role(this, "Operator", {
      assumedBy: trusted(this, aws.access.operators),
      description: `Operates the queues of the ${settings.stage} stage: sends dead letters back`,
    });
    this.breakGlass = new iam.Role(this, "BreakGlass", {
      assumedBy: trusted(this, aws.access.breakGlass),
      description: `Repairs the queues of the ${settings.stage} stage when nothing else can; an alarm tells of its use`,
    });
  }
}

/** The principals that are named, or the account: then its own policies say who may take the role. */
function trusted(scope: Construct, arns: readonly string[]): iam.IPrincipal {
  const [first, ...others] = arns.map((arn) => new iam.ArnPrincipal(arn));
  if (first === undefined) return new iam.AccountPrincipal(Stack.of(scope).account);
  return others.length === 0 ? first : new iam.CompositePrincipal(first, ...others);
}
