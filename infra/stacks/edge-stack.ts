import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { Firewall } from "../constructs/api/firewall.ts";
import { acknowledge } from "../constructs/common/acknowledge.ts";
import { keep } from "../constructs/common/keep.ts";
import type { AwsSettings, Settings } from "../stages.ts";

export interface EdgeStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly api: apigateway.RestApi;
}

/** The resources between voters and the API: the firewall, and a custom domain if there is one. */
export class EdgeStack extends Stack {
  /** The key that the pages' distribution shows to the firewall; undefined without pages. */
  readonly originKey: secretsmanager.ISecret | undefined;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, props);
    const { settings, aws, api } = props;
    if (aws.pages.enabled) this.originKey = this.#originKey(settings, aws);
    new Firewall(this, "Firewall", {
      settings,
      aws,
      stageArn: api.deploymentStage.stageArn,
      originKey: this.originKey,
    });
    if (aws.domain !== undefined) this.#domain(aws.domain, api);
  }

  #originKey(settings: Settings, aws: AwsSettings): secretsmanager.ISecret {
    const secret = new secretsmanager.Secret(this, "OriginKey", {
      description: `What the pages' distribution shows to the firewall, stage ${settings.stage}`,
      removalPolicy: keep(aws),
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    acknowledge(
      secret,
      "SMG4",
      "It guards no data: whoever knows it can only choose the address under which the firewall counts. A new one is made by replacing the secret.",
    );
    // CDK's interfaces say "absent" where its classes say "undefined", which this project's compiler tells apart.
    return secret as secretsmanager.ISecret;
  }

  #domain(domain: NonNullable<AwsSettings["domain"]>, api: apigateway.RestApi): void {
    const name = new apigateway.DomainName(this, "Domain", {
      domainName: domain.name,
      certificate: acm.Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
      endpointType: apigateway.EndpointType.REGIONAL,
      securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
      ...(domain.mutualTlsTruststore === undefined ? {} : { mtls: this.#truststore(domain.mutualTlsTruststore) }),
    });
    new apigateway.BasePathMapping(this, "Mapping", { domainName: name, restApi: api, stage: api.deploymentStage });
    new CfnOutput(this, "DomainTarget", {
      value: name.domainNameAliasDomainName,
      description: `${domain.name} must be an alias (or CNAME) of this`,
    });
  }

  #truststore(url: string): apigateway.MTLSConfig {
    const { hostname, pathname } = new URL(url);
    return { bucket: s3.Bucket.fromBucketName(this, "Truststore", hostname), key: pathname.slice(1) };
  }
}
