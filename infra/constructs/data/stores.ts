import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as kms from "aws-cdk-lib/aws-kms";
import type * as s3 from "aws-cdk-lib/aws-s3";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { KeyPurpose } from "../../../shared/domain/key-purposes.ts";
import type { Settings } from "../../stages.ts";
import { acknowledge } from "../common/acknowledge.ts";
import { RECEIPT_BACKUP_DAYS } from "../common/copies-kept-days.ts";
import { keepSecretOfEarlierRelease } from "../common/earlier-release.ts";
import { keep } from "../common/keep.ts";
import { archiveBucket } from "./archive-bucket.ts";
import { logBucket } from "./log-bucket.ts";
import { type LogKey, logKey } from "./log-key.ts";

export interface StoresProps {
  readonly settings: Settings;
  /** Encrypts the secrets; absent: the key of Secrets Manager. */
  readonly encryptionKey?: kms.IKey;
}

/** The purposes whose keys are secrets on every stage. */
export type SecretPurpose = Exclude<KeyPurpose, "log">;

/** The pipeline's data outside of Redis and PostgreSQL: laws, receipts, archive, public logs, and keys. */
export class Stores extends Construct {
  readonly lawsTable: dynamodb.Table;
  readonly receiptsTable: dynamodb.Table;
  /** What operators have done, encrypted. */
  readonly archive: s3.Bucket;
  /** One for each purpose, so that a function reads the keys that it uses and no other. */
  readonly keySecrets: Readonly<Record<SecretPurpose, secretsmanager.Secret>>;
  /** The public logs of laws. */
  readonly logs: s3.Bucket;
  /** What signs them. */
  readonly logKey: LogKey;

  /** What encrypts the secrets, where it is not the key of Secrets Manager. */
  readonly encryptionKey: kms.IKey | undefined;

  constructor(scope: Construct, id: string, props: StoresProps) {
    super(scope, id);
    this.encryptionKey = props.encryptionKey;
    const onAws = props.settings.aws !== undefined;
    const retain = props.settings.aws?.protectData === true;
    const table = {
      // There is one day of voting and months without traffic, so capacity is paid per request.
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      deletionProtection: retain,
      removalPolicy: keep(props.settings.aws),
      ...(onAws
        ? {
            pointInTimeRecoverySpecification: {
              pointInTimeRecoveryEnabled: true,
              recoveryPeriodInDays: RECEIPT_BACKUP_DAYS,
            },
          }
        : {}),
    } satisfies Partial<dynamodb.TableProps>;
    this.lawsTable = new dynamodb.Table(this, "Laws", {
      ...table,
      partitionKey: { name: "law_id", type: dynamodb.AttributeType.STRING },
    });
    // An item per status: a receipt's status is that of its highest rank, so it can only rise, whatever order writes
    // take.
    this.receiptsTable = new dynamodb.Table(this, "Receipts", {
      ...table,
      partitionKey: { name: "request_id", type: dynamodb.AttributeType.STRING },
      sortKey: { name: "rank", type: dynamodb.AttributeType.NUMBER },
    });
    this.archive = archiveBucket(this, "Archive", props.settings);
    this.logs = logBucket(this, "PublicLog", props.settings);
    const secret = (purpose: SecretPurpose) => this.#keySecret(KEY_SECRETS[purpose], props);
    this.keySecrets = {
      requestIdMac: secret("requestIdMac"),
      idempotency: secret("idempotency"),
      person: secret("person"),
      pepper: secret("pepper"),
      codeCheck: secret("codeCheck"),
      setAside: secret("setAside"),
      archive: secret("archive"),
      macValidate: secret("macValidate"),
      macRecord: secret("macRecord"),
      macOutcome: secret("macOutcome"),
      seal: secret("seal"),
      promise: secret("promise"),
    };
    this.logKey = logKey(this, "LogKey", props.settings, () =>
      this.#keySecret({ id: "LogKey", makes: "the signatures of public logs" }, props),
    );
    const { aws } = props.settings;
    if (aws === undefined || props.encryptionKey === undefined) return;
    // Release 1.0.0 had one seed for all purposes. Its laws have their keys from it.
    keepSecretOfEarlierRelease(this, "Keys", {
      description: `Seed of the keys in an earlier release, stage ${props.settings.stage}`,
      aws,
      encryptionKey: props.encryptionKey,
      generateSecretString: SEED,
    });
  }

  #keySecret({ id, makes }: KeySecret, { settings, encryptionKey }: StoresProps): secretsmanager.Secret {
    const secret = new secretsmanager.Secret(this, id, {
      description: `Seed of the key that makes ${makes}, stage ${settings.stage}`,
      removalPolicy: keep(settings.aws),
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
      generateSecretString: SEED,
    });
    acknowledge(
      secret,
      "SMG4",
      "A law's keys must not change while it has a roll: a new seed is added by the runbook, between laws, with the old one kept.",
    );
    return secret;
  }
}

/** The first version of a seed. */
const SEED = {
  secretStringTemplate: JSON.stringify({ version: 1 }),
  generateStringKey: "seed",
  passwordLength: 64,
  excludePunctuation: true,
} as const;

/** A secret, and what its key is for. */
interface KeySecret {
  readonly id: string;
  readonly makes: string;
}

const KEY_SECRETS: Readonly<Record<SecretPurpose, KeySecret>> = {
  requestIdMac: { id: "RequestIdKey", makes: "the MAC of request ids" },
  idempotency: { id: "IdempotencyKey", makes: "request ids from idempotency keys" },
  person: { id: "PersonKey", makes: "person hashes" },
  pepper: { id: "Pepper", makes: "the pepper of voter hashes" },
  codeCheck: { id: "CodeCheckKey", makes: "the checks that codes carry" },
  setAside: { id: "SetAsideKey", makes: "messages that are set aside unreadable" },
  archive: { id: "ArchiveKey", makes: "the archive unreadable" },
  macValidate: { id: "MacValidateKey", makes: "the macs of votes that validate checks" },
  macRecord: { id: "MacRecordKey", makes: "the macs of votes that aggregate checks" },
  macOutcome: { id: "MacOutcomeKey", makes: "the macs of outcomes" },
  seal: { id: "SealKey", makes: "the seeds of ballots that ingest seals" },
  promise: { id: "PromiseKey", makes: "the promises of ingest" },
};
