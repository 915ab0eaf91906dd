import { RemovalPolicy } from "aws-cdk-lib";
import * as elasticache from "aws-cdk-lib/aws-elasticache";
import type * as kms from "aws-cdk-lib/aws-kms";
import * as logs from "aws-cdk-lib/aws-logs";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { forEachRedisUser, REDIS_USER_NAMES, REDIS_USERS, type RedisUser } from "../../../shared/domain/redis-users.ts";
import type { AwsSettings, Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { keepSecretOfEarlierRelease } from "../common/earlier-release.ts";
import { keep } from "../common/keep.ts";
import { type Network, REDIS_PORT } from "./network.ts";

export interface RollCacheProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly network: Network;
  readonly encryptionKey: kms.IKey;
}

/** ElastiCache takes 16 to 128 printable characters, few of them punctuation. */
const GENERATED = { passwordLength: 64, excludePunctuation: true } as const;

/**
 * The voter roll in memory: Valkey, one shard (cluster mode off, so that one connection and one Lua call see it all),
 * replicas in other zones. It is rebuilt from PostgreSQL when lost, so it keeps a single daily snapshot.
 */
export class RollCache extends Construct {
  readonly group: elasticache.CfnReplicationGroup;
  /** One for each user. shared/domain/redis-users.ts has the rules of each. */
  readonly passwords: Readonly<Record<RedisUser, secretsmanager.Secret>>;
  /** Without user and password: functions add theirs. */
  readonly url: string;
  readonly host: string;
  /** Its nodes' names, which are what CloudWatch's metrics have as a dimension. */
  readonly nodeIds: readonly string[];

  constructor(scope: Construct, id: string, props: RollCacheProps) {
    super(scope, id);
    const { settings, aws, network } = props;
    this.passwords = forEachRedisUser((user) => this.#password(user, props));
    // The one password of release 1.0.0, and that of people, who logged in themselves before there was an API for them.
    for (const earlier of ["Auth", "Password-operator"]) {
      keepSecretOfEarlierRelease(this, earlier, {
        description: `A password of the roll cache in an earlier release, stage ${settings.stage}`,
        aws,
        encryptionKey: props.encryptionKey,
        generateSecretString: GENERATED,
      });
    }
    const users = this.#users(settings.stage);
    const parameters = new elasticache.CfnParameterGroup(this, "Parameters", {
      cacheParameterGroupFamily: "valkey8",
      description: "Referendum: nothing is evicted, buckets stay in listpacks",
      properties: {
        // A full cache must refuse a load and must not evict voters.
        "maxmemory-policy": "noeviction",
        // 8 million voters make buckets of 122; up to 33 million they stay listpacks, at 57 bytes per voter instead of
        // 120.
        "hash-max-listpack-entries": "512",
        "hash-max-listpack-value": "64",
        "reserved-memory-percent": "25",
      },
    });
    const subnets = new elasticache.CfnSubnetGroup(this, "Subnets", {
      description: "Referendum: isolated subnets of the data",
      subnetIds: network.vpc.selectSubnets({ subnetGroupName: "data" }).subnetIds,
    });
    const slowLog = new logs.LogGroup(this, "SlowLog", {
      logGroupName: `/referendum/${settings.stage}/valkey-slow`,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const replicationGroupId = `referendum-${settings.stage}`;
    this.group = new elasticache.CfnReplicationGroup(this, "Group", {
      replicationGroupId,
      replicationGroupDescription: `Voter roll, stage ${settings.stage}`,
      engine: "valkey",
      engineVersion: "8.1",
      cacheNodeType: aws.redis.nodeType,
      numCacheClusters: 1 + aws.redis.replicas,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      port: REDIS_PORT,
      cacheSubnetGroupName: subnets.ref,
      cacheParameterGroupName: parameters.ref,
      securityGroupIds: [network.groups.redis.securityGroupId],
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      atRestEncryptionEnabled: true,
      kmsKeyId: props.encryptionKey.keyArn,
      userGroupIds: [users.ref],
      snapshotRetentionLimit: 1,
      snapshotWindow: "07:00-08:00",
      preferredMaintenanceWindow: "sun:09:30-sun:10:30",
      autoMinorVersionUpgrade: false,
      logDeliveryConfigurations: [
        {
          destinationType: "cloudwatch-logs",
          destinationDetails: { cloudWatchLogsDetails: { logGroup: slowLog.logGroupName } },
          logFormat: "json",
          logType: "slow-log",
        },
      ],
    });
    acknowledge(
      this.group,
      "AEC6",
      "Its users log in each with a name and a password (RBAC), which takes the place of one password for everybody.",
    );
    this.group.applyRemovalPolicy(keep(aws));
    this.host = this.group.attrPrimaryEndPointAddress;
    this.url = `rediss://${this.host}:${REDIS_PORT}`;
    this.nodeIds = Array.from(
      { length: 1 + aws.redis.replicas },
      (_, index) => `${replicationGroupId}-${String(index + 1).padStart(3, "0")}`,
    );
  }
  #password(user: RedisUser, { settings, aws, encryptionKey }: RollCacheProps): secretsmanager.Secret {
    const secret = new secretsmanager.Secret(this, `Password-${user}`, {
      description: `Password of the user ${user} of the roll cache, stage ${settings.stage}`,
      encryptionKey,
      removalPolicy: keep(aws),
      generateSecretString: GENERATED,
    });
    acknowledge(
      secret,
      "SMG4",
      "Changing it makes every execution environment connect anew, so it is done between voting days, by the runbook (a user may have two passwords meanwhile).",
    );
    return secret;
  }

  /** A client that does not log in has no permission, because the default user of Redis is disabled. */
  #users(stage: string): elasticache.CfnUserGroup {
    const user = (userName: string, accessString: string, password: secretsmanager.Secret) =>
      new elasticache.CfnUser(this, `User-${userName}`, {
        engine: "valkey",
        userId: `referendum-${stage}-${userName}`,
        userName,
        accessString,
        authenticationMode: { Type: "password", Passwords: [password.secretValue.unsafeUnwrap()] },
      });
    const rules = (name: RedisUser) => `on ${REDIS_USERS[name].join(" ")}`;
    const users = [
      // It needs one, although it is off.
      user("default", "off -@all", this.passwords.roll),
      ...REDIS_USER_NAMES.map((name) => user(name, rules(name), this.passwords[name])),
    ];
    return new elasticache.CfnUserGroup(this, "Users", {
      engine: "valkey",
      userGroupId: `referendum-${stage}`,
      userIds: users.map(({ ref }) => ref),
    });
  }
}
