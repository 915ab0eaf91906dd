import { RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledgeTemplateRule } from "../constructs/common/acknowledge.ts";
import { exportForEarlierRelease } from "../constructs/common/earlier-release.ts";
import { MEMBERS, type Member, type Network, POSTGRES_PORT, REDIS_PORT } from "../constructs/data/network.ts";
import type { AwsSettings, Settings } from "../stages.ts";

export interface NetworkStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
}

const HTTPS_PORT = 443;

/** The allowed connections; all others are refused. */
export const CONNECTIONS: ReadonlyArray<readonly [from: Member, to: Member, port: number]> = [
  ["validate", "redis", REDIS_PORT],
  ["validate", "endpoints", HTTPS_PORT],
  ["aggregate", "proxy", POSTGRES_PORT],
  ["aggregate", "endpoints", HTTPS_PORT],
  ["results", "proxy", POSTGRES_PORT],
  ["health", "proxy", POSTGRES_PORT],
  ["health", "redis", REDIS_PORT],
  ["health", "endpoints", HTTPS_PORT],
  ["migrate", "database", POSTGRES_PORT],
  ["migrate", "endpoints", HTTPS_PORT],
  ["proxy", "database", POSTGRES_PORT],
  ["log", "proxy", POSTGRES_PORT],
  ["log", "endpoints", HTTPS_PORT],
  ["operate", "proxy", POSTGRES_PORT],
  ["operate", "redis", REDIS_PORT],
  ["operate", "endpoints", HTTPS_PORT],
  ["roll", "proxy", POSTGRES_PORT],
  ["roll", "redis", REDIS_PORT],
  ["roll", "endpoints", HTTPS_PORT],
];
/** Members that reach DynamoDB. Its gateway endpoint has a prefix list instead of a security group. */
const DYNAMODB_CLIENTS: readonly Member[] = ["aggregate", "results", "health", "operate", "roll"];
/** Members that reach S3, which has a gateway endpoint too. */
const S3_CLIENTS: readonly Member[] = ["log", "operate", "roll"];

/** A network without a way to the Internet: isolated subnets, endpoints for the services that functions call. */
export class NetworkStack extends Stack implements Network {
  readonly vpc: ec2.IVpc;
  readonly groups: Readonly<Record<Member, ec2.SecurityGroup>>;
  readonly #zones: readonly string[];

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const { settings, aws } = props;
    this.#zones = aws.network.availabilityZones;
    const flowLog = new logs.LogGroup(this, "FlowLog", {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.vpc = new ec2.Vpc(this, "Vpc", {
      ipAddresses: ec2.IpAddresses.cidr(aws.network.cidr),
      availabilityZones: this.availabilityZones,
      natGateways: 0,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: "functions", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 22 },
        { name: "data", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      flowLogs: {
        // An investigation needs the refused connections. Those of every vote would be noise and cost.
        rejected: {
          destination: ec2.FlowLogDestination.toCloudWatchLogs(flowLog),
          trafficType: ec2.FlowLogTrafficType.REJECT,
        },
      },
      // CDK's interfaces say "absent" where its classes say "undefined", which this project's compiler tells apart.
    }) as ec2.IVpc;
    acknowledgeTemplateRule(
      this.vpc,
      "W3010",
      "The zones are a setting: new accounts have no zone c in ca-central-1, and a deployment asks the account nothing.",
    );
    this.groups = this.#securityGroups(aws);
    this.#endpoints(settings);
    this.#groupOfEarlierRelease();
  }

  /** In earlier releases operators had a machine in the network. The group lets nothing in or out any more. */
  #groupOfEarlierRelease(): void {
    const group = new ec2.SecurityGroup(this, "OperatorsGroup", {
      vpc: this.vpc,
      // Another description would make another group, and the export must not change.
      description: "operators machines, where the voters and ops commands run",
      allowAllOutbound: false,
    });
    exportForEarlierRelease(this, group.securityGroupId);
  }

  /** The setting, which CDK would else compare with what the account says, and write that to cdk.context.json. */
  override get availabilityZones(): string[] {
    return [...this.#zones];
  }

  #securityGroups(aws: AwsSettings): Record<Member, ec2.SecurityGroup> {
    const group = (member: Member) =>
      new ec2.SecurityGroup(this, `${member.charAt(0).toUpperCase()}${member.slice(1)}Group`, {
        vpc: this.vpc,
        description: MEMBERS[member].replaceAll("'", ""),
        allowAllOutbound: false,
      });
    const groups = {
      validate: group("validate"),
      aggregate: group("aggregate"),
      results: group("results"),
      health: group("health"),
      migrate: group("migrate"),
      log: group("log"),
      operate: group("operate"),
      roll: group("roll"),
      proxy: group("proxy"),
      database: group("database"),
      redis: group("redis"),
      endpoints: group("endpoints"),
    };
    for (const [from, to, port] of CONNECTIONS) {
      groups[from].connections.allowTo(groups[to], ec2.Port.tcp(port), `${from} to ${to}`);
    }
    const toGateway = (members: readonly Member[], prefixListId: string, service: string) => {
      for (const member of members) {
        const peer = ec2.Peer.prefixList(prefixListId);
        groups[member].addEgressRule(peer, ec2.Port.tcp(HTTPS_PORT), `${member} to ${service}`);
      }
    };
    toGateway(DYNAMODB_CLIENTS, aws.network.dynamoDbPrefixListId, "DynamoDB");
    toGateway(S3_CLIENTS, aws.network.s3PrefixListId, "S3");
    return groups;
  }

  /** Each with a policy that only lets this account's principals reach this application's resources. */
  #endpoints(settings: Settings): void {
    this.vpc
      .addGatewayEndpoint("DynamoDb", { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB })
      .addToPolicy(this.#allow(["dynamodb:*"], [this.#arn("dynamodb", "table/Referendum-*")]));
    this.vpc
      .addGatewayEndpoint("S3", { service: ec2.GatewayVpcEndpointAwsService.S3 })
      .addToPolicy(this.#allowBuckets([`arn:${this.partition}:s3:::referendum-${settings.stage}-*`]));
    this.#interfaceEndpoint("Sqs", ec2.InterfaceVpcEndpointAwsService.SQS).addToPolicy(
      this.#allow(["sqs:*"], [this.#arn("sqs", "referendum-*")]),
    );
    this.#interfaceEndpoint("SecretsManager", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER).addToPolicy(
      this.#allow(
        ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        [this.#arn("secretsmanager", "secret:*")],
      ),
    );
    // Operators pause and resume consumers, ask ingest and log for their keys, and wake log.
    this.#interfaceEndpoint("Lambda", ec2.InterfaceVpcEndpointAwsService.LAMBDA).addToPolicy(
      this.#allow(
        ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:InvokeFunction"],
        [
          this.#arn("lambda", "event-source-mapping:*"),
          this.#arn("lambda", `function:referendum-${settings.stage}-ingest:*`),
          this.#arn("lambda", `function:referendum-${settings.stage}-log:*`),
        ],
      ),
    );
    // The key that signs the public logs.
    this.#interfaceEndpoint("Kms", ec2.InterfaceVpcEndpointAwsService.KMS).addToPolicy(
      this.#allow(["kms:Sign", "kms:GetPublicKey"], [this.#arn("kms", "key/*")]),
    );
  }

  #allow(actions: string[], resources: string[]): iam.PolicyStatement {
    return new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions,
      resources,
      conditions: { StringEquals: { "aws:PrincipalAccount": this.account } },
    });
  }

  /** The ARN of a bucket names no account, so a condition does. */
  #allowBuckets(buckets: string[]): iam.PolicyStatement {
    const statement = this.#allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], buckets);
    statement.addCondition("StringEquals", {
      "aws:PrincipalAccount": this.account,
      "aws:ResourceAccount": this.account,
    });
    return statement;
  }

  #arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  #interfaceEndpoint(id: string, service: ec2.IInterfaceVpcEndpointService): ec2.InterfaceVpcEndpoint {
    return this.vpc.addInterfaceEndpoint(id, {
      service,
      open: false,
      subnets: { subnetGroupName: "functions" },
      securityGroups: [this.groups.endpoints],
    });
  }
}
