import { Duration, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import * as logs from "aws-cdk-lib/aws-logs";
import * as rds from "aws-cdk-lib/aws-rds";
import { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";
import { acknowledge, acknowledgeServicePolicy } from "../common/acknowledge.ts";
import { keep } from "../common/keep.ts";
import { grantDatabaseLogin } from "./grants.ts";
import type { Network } from "./network.ts";

export interface DatabaseProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly network: Network;
  readonly encryptionKey: kms.IKey;
}

export const DATABASE_NAME = "election_db";
/** RDS's master user, who owns the database and migrates it. */
export const ADMINISTRATOR = "election_user";
/** The roles that functions log in as, with a token of IAM; the migrations make them. */
export const FUNCTION_ROLES = [
  "referendum_reader",
  "referendum_writer",
  "referendum_operate",
  "referendum_roll",
  "referendum_log",
] as const;

/**
 * What the workload needs beside the defaults. Nothing of a vote is logged: parameters hold voter hashes and choices,
 * an error's detail quotes the row that it is about, and a wait for a lock quotes the lock's key, which is made of a
 * hash.
 */
const PARAMETERS = {
  "rds.force_ssl": "1",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_statement: "ddl",
  log_min_duration_statement: "1000",
  log_lock_waits: "0",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  // Batches write all day: checkpoints at most every 15 minutes or 8 GB, so that full-page images do not dominate.
  checkpoint_timeout: "900",
  max_wal_size: "8192",
  // Nearly all writes insert: the visibility map and the statistics must keep up with 8 million rows.
  autovacuum_vacuum_insert_scale_factor: "0.05",
  autovacuum_analyze_scale_factor: "0.02",
  // An operator's forgotten transaction must not hold voters' locks.
  idle_in_transaction_session_timeout: "30000",
  // SSD.
  random_page_cost: "1.1",
} as const;

/** PostgreSQL with a standby in another zone, and the proxy that the functions log in to with tokens of IAM. */
export class Database extends Construct {
  readonly instance: rds.DatabaseInstance;
  readonly proxy: rds.DatabaseProxy;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { settings, aws, network } = props;
    const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17_9 });
    const instanceIdentifier = `referendum-${settings.stage}`;
    // Made before RDS makes them, so that they have a retention.
    const logGroups = ["postgresql", "upgrade"].map(
      (name) =>
        new logs.LogGroup(this, `Log${name}`, {
          logGroupName: `/aws/rds/instance/${instanceIdentifier}/${name}`,
          retention: settings.logRetentionDays,
          removalPolicy: keep(aws),
        }),
    );
    this.instance = new rds.DatabaseInstance(this, "Instance", {
      instanceIdentifier,
      engine,
      instanceType: new ec2.InstanceType(aws.database.instanceType),
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: "data" },
      securityGroups: [this.#groupOf(network, "database")],
      multiAz: aws.database.multiAz,
      allocatedStorage: aws.database.allocatedGib,
      maxAllocatedStorage: aws.database.maxAllocatedGib,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      storageEncryptionKey: props.encryptionKey,
      databaseName: DATABASE_NAME,
      credentials: rds.Credentials.fromUsername(ADMINISTRATOR),
      // RDS makes the master password and changes it every seven days.
      manageMasterUserPassword: true,
      iamAuthentication: true,
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      backupRetention: Duration.days(aws.database.backupRetentionDays),
      // 03:30 to 04:30 in Montréal, before anybody votes.
      preferredBackupWindow: "08:30-09:30",
      preferredMaintenanceWindow: "sun:09:30-sun:10:30",
      copyTagsToSnapshot: true,
      deletionProtection: aws.protectData,
      deleteAutomatedBackups: !aws.protectData,
      removalPolicy: keep(aws),
      // A version is changed on purpose, never in the middle of a voting day.
      autoMinorVersionUpgrade: false,
      databaseInsightsMode: rds.DatabaseInsightsMode.ADVANCED,
      enablePerformanceInsights: true,
      performanceInsightRetention: rds.PerformanceInsightRetention.MONTHS_15,
      performanceInsightEncryptionKey: props.encryptionKey,
      monitoringInterval: Duration.seconds(30),
      cloudwatchLogsExports: ["postgresql", "upgrade"],
      parameterGroup: new rds.ParameterGroup(this, "Parameters", {
        engine,
        description: "Referendum: TLS, no parameters in logs, checkpoints for steady writes",
        parameters: { ...PARAMETERS, max_connections: String(aws.database.maxConnections) },
      }),
    });
    this.instance.node.addDependency(...logGroups);
    const resource = this.instance.node.defaultChild;
    if (!(resource instanceof rds.CfnDBInstance)) throw new Error("the database has no CloudFormation resource");
    resource.masterUserSecret = { kmsKeyId: props.encryptionKey.keyArn };
    acknowledge(
      this.instance,
      "RDS11",
      "Only the security groups that CONNECTIONS names reach the database; another port number would hide nothing.",
    );
    if (!aws.protectData) {
      acknowledge(
        this.instance,
        "RDS10",
        "Nothing on this stage is worth keeping: it must be possible to take it down and put it up again.",
      );
    }
    acknowledgeServicePolicy(
      this.instance,
      "AmazonRDSEnhancedMonitoringRole",
      "The role by which RDS writes operating-system metrics must have this policy; it names their log group only.",
    );
    this.proxy = this.#proxy(props);
  }

  /** The group as it is: the network stack has its rules (CONNECTIONS), and CDK must add none. */
  #groupOf(network: Network, member: "database" | "proxy"): ec2.ISecurityGroup {
    const { securityGroupId } = network.groups[member];
    return ec2.SecurityGroup.fromSecurityGroupId(this, `Group-${member}`, securityGroupId, { mutable: false });
  }

  /** The proxy keeps few connections for many execution environments and finds the standby after a failover. */
  #proxy({ network }: DatabaseProps): rds.DatabaseProxy {
    const role = new iam.Role(this, "ProxyRole", {
      assumedBy: new iam.ServicePrincipal("rds.amazonaws.com"),
      description: "How the database proxy logs in to PostgreSQL: as the functions' roles, by token",
    });
    for (const user of FUNCTION_ROLES) grantDatabaseLogin(role, user);
    return new rds.DatabaseProxy(this, "Proxy", {
      dbProxyName: `${Stack.of(this).stackName.toLowerCase()}-proxy`,
      proxyTarget: rds.ProxyTarget.fromInstance(this.instance),
      // End to end by IAM: no database password exists but the master's.
      defaultAuthScheme: rds.DefaultAuthScheme.IAM_AUTH,
      role,
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: "data" },
      securityGroups: [this.#groupOf(network, "proxy")],
      requireTLS: true,
      maxConnectionsPercent: 80,
      maxIdleConnectionsPercent: 20,
      // Shorter than the functions' own limit of 2 s for connecting plus 4 s for a statement.
      borrowTimeout: Duration.seconds(5),
      idleClientTimeout: Duration.minutes(30),
    });
  }
}
