import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import type * as s3 from "aws-cdk-lib/aws-s3";
import type * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { Site } from "../constructs/pages/site.ts";
import type { AwsSettings, Settings } from "../stages.ts";

export interface PagesStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly api: apigateway.RestApi;
  readonly originKey: secretsmanager.ISecret;
  readonly logs: s3.IBucket;
  readonly pagesDirectory: string;
}

/** The voters' pages, and the API under their name. */
export class PagesStack extends Stack {
  constructor(scope: Construct, id: string, props: PagesStackProps) {
    super(scope, id, props);
    const { distribution } = new Site(this, "Site", props);
    const name = props.aws.pages.domain?.name ?? distribution.distributionDomainName;
    new CfnOutput(this, "PagesUrl", { value: `https://${name}/` });
    if (props.aws.pages.domain !== undefined) {
      new CfnOutput(this, "PagesTarget", {
        value: distribution.distributionDomainName,
        description: `${name} must be an alias (or CNAME) of this`,
      });
    }
  }
}
