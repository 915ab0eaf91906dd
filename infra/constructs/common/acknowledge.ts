import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Accepts a finding of cdk-nag's AwsSolutions rules on a construct and all below it.
 *
 * @param construct the narrowest construct that the reason is true of
 * @param rule the rule, with the finding in brackets where there are several: `IAM5[Resource::*]`
 * @param reason why a reviewer should accept it
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

/**
 * Accepts that a service's role has the policy that AWS keeps for exactly this use.
 *
 * @param construct the construct that made the role
 * @param policy the policy's name after `service-role/`
 * @param reason why a reviewer should accept it
 */
export function acknowledgeServicePolicy(construct: IConstruct, policy: string, reason: string): void {
  acknowledge(construct, `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`, reason);
}

/**
 * Accepts a warning of CloudFormation's own rules on a construct and all below it.
 *
 * @param construct the narrowest construct that the reason is true of
 * @param rule the rule, such as `W3010`
 * @param reason why a reviewer should accept it
 */
export function acknowledgeTemplateRule(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `CloudFormation-Validate::${rule}`, reason });
}
