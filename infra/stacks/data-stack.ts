import { Stack, type StackProps } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { keep } from "../constructs/common/keep.ts";
import { Database } from "../constructs/data/database.ts";
import { RollCache } from "../constructs/data/roll-cache.ts";
import { Stores } from "../constructs/data/stores.ts";
import type { AwsSettings, Settings } from "../stages.ts";
import type { NetworkStack } from "./network-stack.ts";

export interface DataStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly network: NetworkStack;
}

/** Resources that must outlive a deployment: databases, tables, secrets, keys, and the recipients of alarms. */
export class DataStack extends Stack {
  readonly encryptionKey: kms.Key;
  readonly stores: Stores;
  readonly database: Database;
  readonly rollCache: RollCache;
  readonly alarmTopic: sns.Topic;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { settings, aws, network } = props;
    this.encryptionKey = new kms.Key(this, "Key", {
      alias: `referendum-${settings.stage}`,
      description: `Data of the referendum's ${settings.stage} stage`,
      enableKeyRotation: true,
      removalPolicy: keep(aws),
    });
    this.stores = new Stores(this, "Stores", { settings, encryptionKey: this.encryptionKey });
    this.database = new Database(this, "Database", { settings, aws, network, encryptionKey: this.encryptionKey });
    this.rollCache = new RollCache(this, "RollCache", { settings, aws, network, encryptionKey: this.encryptionKey });
    this.alarmTopic = new sns.Topic(this, "Alarms", {
      displayName: `Referendum ${settings.stage}`,
      masterKey: this.encryptionKey,
      enforceSSL: true,
    });
    this.alarmTopic.grantPublish(new iam.ServicePrincipal("cloudwatch.amazonaws.com"));
    this.encryptionKey.grantEncryptDecrypt(new iam.ServicePrincipal("cloudwatch.amazonaws.com"));
    for (const email of aws.alarms.emails) {
      this.alarmTopic.addSubscription(new subscriptions.EmailSubscription(email));
    }
  }
}
