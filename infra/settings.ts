import { z } from "zod";
import { officeSchema } from "./office-settings.ts";

/** The places this application runs. */
export const STAGE_NAMES = ["local", "localstack", "dev", "prod"] as const;
export type StageName = (typeof STAGE_NAMES)[number];

const count = z.number().int().min(1);

/** Settings that only a stage in an AWS account has. */
const awsFields = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  network: z.strictObject({
    cidr: z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/),
    /** The three zones of the private subnets. */
    availabilityZones: z.array(z.string()).length(3),
    /**
     * DynamoDB's addresses in the region, as a managed prefix list: what the functions may reach through the gateway
     * endpoint.
     */
    dynamoDbPrefixListId: z.string().regex(/^pl-[0-9a-f]+$/),
    s3PrefixListId: z.string().regex(/^pl-[0-9a-f]+$/),
  }),
  database: z.strictObject({
    instanceType: z.string(),
    multiAz: z.boolean(),
    allocatedGib: count,
    maxAllocatedGib: count,
    backupRetentionDays: z.number().int().min(1).max(35),
    /** `max_connections` of this instance type. The parameter group sets it, so that the alarm knows it. */
    maxConnections: count,
  }),
  redis: z.strictObject({
    nodeType: z.string(),
    replicas: z.number().int().min(1).max(5),
    /** Memory of the node type in GiB, for the alarm and the capacity model. */
    nodeGib: z.number().positive(),
  }),
  /** Kept warm for ingest; `votingDay` raises it between two times. */
  ingestConcurrency: z.strictObject({
    minimum: count,
    maximum: count,
    /** Application Auto Scaling schedules in UTC: `cron(0 5 22 11 ? 2026)`. */
    votingDay: z.strictObject({ minimum: count, start: z.string(), end: z.string() }).optional(),
  }),
  waf: z.strictObject({
    /** Votes from one address in five minutes, of all voters behind it together. */
    votesPerAddress: count.min(10),
    /** Requests from one address in five minutes, of all voters behind it together. */
    requestsPerAddress: count.min(10),
    /** Addresses that no rule counts: load generators, by permission only. */
    loadGeneratorCidrs: z.array(z.string()),
  }),
  /** A custom domain of the API; absent: API Gateway's. */
  domain: z
    .strictObject({
      name: z.string(),
      certificateArn: z.string(),
      /** `s3://bucket/truststore.pem`: clients must show a certificate of these authorities. */
      mutualTlsTruststore: z.string().startsWith("s3://").optional(),
    })
    .optional(),
  /** The voters' pages, and the API under their name. */
  pages: z.strictObject({
    /** Off where the API asks for client certificates, which CloudFront does not show. */
    enabled: z.boolean(),
    /** Their own name; absent: CloudFront's. */
    domain: z
      .strictObject({
        name: z.string(),
        /**
         * CloudFront takes certificates of us-east-1 only (CloudFront Developer Guide, "Requirements for using SSL/TLS
         * certificates").
         */
        certificateArn: z.string().regex(/^arn:aws[\w-]*:acm:us-east-1:/, "must be a certificate in us-east-1"),
      })
      .optional(),
  }),
  access: z.strictObject({
    /**
     * ARNs of the principals who may take the role of readers, who look; none: the account's own policies say who. The
     * same for the roles below.
     */
    readers: z.array(z.string().startsWith("arn:")),
    /** Those who act. */
    operators: z.array(z.string().startsWith("arn:")),
    /** Those who approve what another person has proposed. */
    approvers: z.array(z.string().startsWith("arn:")),
    /** Those who may do everything when nothing else helps; an alarm tells of it. */
    breakGlass: z.array(z.string().startsWith("arn:")),
    /**
     * The name that a session of these roles must have, as a variable of IAM policies, so that the journal names the
     * person: `${aws:username}` for users of the account, a tag of the principal for people of an identity provider.
     * `any`: not checked; then nobody can approve.
     */
    sessionName: z.union([
      z.literal("any"),
      z.string().regex(/^\$\{[a-z][a-z0-9-]*:[\w/.-]+\}$/, `must be "any", or a variable such as \${aws:username}`),
    ]),
    /**
     * Names of the roles that CloudFormation deploys with, `*` for any text: they alone may change a queue or delete
     * it.
     */
    deployRoles: z.array(z.string()).min(1),
    /**
     * How long the trail of who used queues, tables and secrets is kept; where data are protected nobody can shorten
     * it.
     */
    trailRetentionDays: count,
  }),
  alarms: z.strictObject({
    /** Addresses that receive alarms. Each of them has to confirm. */
    emails: z.array(z.email()),
    /** The address of the runbook; alarms link to its sections. */
    runbook: z.string(),
    oldestMessageSeconds: count,
    latencyP95Ms: count,
    /** The share of requests that may fail: 1 - 0.999. */
    errorBudget: z.number().min(0.0001).max(0.1),
  }),
  /**
   * How long the archive keeps objects that were replaced or removed, in days, where data are protected: what is
   * restored to a moment in between finds them.
   */
  archiveVersionDays: count.max(3_650),
  /** Data survive a mistake: termination protection, deletion protection, retained resources. */
  protectData: z.boolean(),
});
export type AwsSettings = z.output<typeof awsFields>;

/** These fields, with the rules between them. */
const awsSettingsSchema = awsFields.superRefine((aws, context) => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  const { minimum, maximum, votingDay } = aws.ingestConcurrency;
  if (minimum > maximum) {
    refuse(["ingestConcurrency"], `the minimum of ${minimum} is above the maximum of ${maximum}`);
  }
  if (votingDay !== undefined && votingDay.minimum > maximum) {
    refuse(
      ["ingestConcurrency", "votingDay"],
      `the minimum of ${votingDay.minimum} is above the maximum of ${maximum}`,
    );
  }
  if (aws.pages.enabled && aws.domain?.mutualTlsTruststore !== undefined) {
    refuse(
      ["pages", "enabled"],
      "the pages cannot reach an API that asks for client certificates: set it to false, or leave out the truststore",
    );
  }
  const { allocatedGib, maxAllocatedGib } = aws.database;
  if (allocatedGib > maxAllocatedGib) {
    refuse(["database"], `allocatedGib, ${allocatedGib}, is above maxAllocatedGib, ${maxAllocatedGib}`);
  }
  const zones = aws.network.availabilityZones;
  // A zone is its region and one letter.
  const elsewhere = zones.filter((zone) => zone.slice(0, -1) !== aws.region);
  if (elsewhere.length > 0) {
    refuse(["network", "availabilityZones"], `${elsewhere.join(", ")}: not in the region ${aws.region}`);
  }
  if (new Set(zones).size < zones.length) {
    refuse(["network", "availabilityZones"], `${zones.join(", ")}: three different zones are needed`);
  }
});

const functionSchema = z.strictObject({
  /**
   * Memory in MiB; Lambda gives one full vCPU at 1,769 MiB (Lambda Developer Guide, "Configure Lambda function
   * memory").
   */
  memoryMiB: z.number().int().min(128).max(10_240),
  timeoutSeconds: z.number().int().min(1).max(900),
  /**
   * Executions at once at most, taken out of what the account has for all functions (Lambda Developer Guide, "Reserved
   * concurrency"). Never on ingest or a consumer: a cap there refuses votes, or throttles pollers into dead letters.
   */
  concurrencyCap: count.optional(),
});

const consumerSchema = z
  .strictObject({
    /** Messages in one invocation. */
    batchSize: z.number().int().min(1).max(10_000),
    /**
     * How long a batch is gathered. Batches above 10 need at least 1 s (Lambda Developer Guide, "Using Lambda with
     * SQS").
     */
    batchWindowSeconds: z.number().int().min(0).max(300),
    /** Invocations at once. SQS mappings take 2 to 1,000. */
    maximumConcurrency: z.number().int().min(2).max(1000),
    /** A queue's message is hidden this long while a consumer works on it: at least 6 × the function's timeout. */
    visibilityTimeoutSeconds: z.number().int().min(1).max(43_200),
    /** Deliveries before a message goes to the DLQ; visibility × this must outlast an outage of two hours. */
    maxReceiveCount: count.max(1000),
  })
  .refine(({ batchSize, batchWindowSeconds }) => batchSize <= 10 || batchWindowSeconds >= 1, {
    message: "a mapping that takes more than ten messages needs a window of at least a second",
    path: ["batchWindowSeconds"],
  });

const settingsFields = z.strictObject({
  stage: z.enum(STAGE_NAMES),
  logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(365), z.literal(3653)]),
  api: z.strictObject({
    /** Votes per second (POST /api/v1/vote); beyond it callers get 429. */
    throttleRate: count,
    /** Votes at once above the rate: the token bucket's size. */
    throttleBurst: count,
    /** The same of every other request, apart from votes, so that no crowd of readers keeps a vote out. */
    readRate: count,
    readBurst: count,
    /** `Retry-After` in answers to throttled or refused clients. */
    retryAfterSeconds: count,
    /** Origins of web pages that may call the API, as browsers write them; none: no CORS headers. */
    corsOrigins: z.array(
      z
        .url({ protocol: /^https?$/ })
        .refine((url) => new URL(url).origin === url, "must be an origin: scheme, host and port without a path"),
    ),
  }),
  /** How long ingest believes what it read of a law before it reads it again. */
  lawCacheSeconds: z.number().int().min(0).max(60),
  /**
   * How much longer than `lawCacheSeconds` a change of a law takes effect after it is announced. It leaves time for the
   * write, for a slow look-up of ingest, and for clocks that differ.
   */
  lawChangeMarginSeconds: z.number().int().min(1).max(60),
  /** How long the queues must be empty before a law is counted, in seconds. */
  countQuietSeconds: z.number().int().min(1).max(3_600),
  /** For how many days after a law was counted or published what names its voters must be kept. */
  legalTermDays: z.number().int().min(0).max(36_500),
  /** Seconds between two steps of a published tally at least; after the closing, until the rest is published. */
  resultsIntervalSeconds: z.number().int().min(0).max(86_400),
  /** New votes in a step at least, among which each of them hides; 1: every vote shows. */
  resultsMinimumVotes: count,
  publicLog: z.strictObject({
    /** How often submissions come into the public logs of laws, in seconds. */
    intervalSeconds: z.number().int().min(1).max(3_600),
    /** Submissions that come into a log together at least, among which each of them hides; 1: none waits. */
    minimumSubmissions: count,
  }),
  /** How long `results` and `health` wait for PostgreSQL, to connect and for an answer. */
  readerDatabaseTimeoutMs: z.number().int().min(100).max(4_000),
  /** How long `health` waits for each service; less than its function's time limit. */
  healthProbeTimeoutMs: z.number().int().min(500).max(8_000),
  /** How many voters an hour of the public turnout has at least; smaller hours are joined with their neighbours. */
  turnoutMinimum: count,
  queues: z.strictObject({
    /** Messages wait at most this long. */
    retentionDays: z.number().int().min(1).max(14),
    /** SQS's maximum, because a message's age counts from its first enqueue. */
    deadLetterRetentionDays: z.number().int().min(1).max(14),
  }),
  functions: z.strictObject({
    ingest: functionSchema,
    validate: functionSchema,
    aggregate: functionSchema,
    results: functionSchema,
    receipt: functionSchema,
    laws: functionSchema,
    health: functionSchema,
    log: functionSchema,
    operate: functionSchema,
    roll: functionSchema,
    migrate: functionSchema,
    fallback: functionSchema,
  }),
  validate: consumerSchema,
  aggregate: consumerSchema,
  /** Whether acts that change an election need a second person, who approves what the first has proposed. */
  twoPeople: z.boolean(),
  /** How long a proposal can be approved. */
  proposalHours: z.number().int().min(1).max(720),
  office: officeSchema,
  /** Settings of an AWS account; absent on local and localstack. */
  aws: awsSettingsSchema.optional(),
});

/** The same fields, with the rules between them. */
export const settingsSchema = settingsFields.superRefine((settings, context) => {
  const { stage, twoPeople, publicLog, aws, legalTermDays, queues } = settings;
  if (aws !== undefined && legalTermDays < queues.deadLetterRetentionDays) {
    const message = `${legalTermDays} is less than the ${queues.deadLetterRetentionDays} days of queues.deadLetterRetentionDays: a vote of a destroyed law could still be in a queue`;
    context.addIssue({ code: "custom", path: ["legalTermDays"], message });
  }
  if (stage !== "local" && publicLog.intervalSeconds % 60 !== 0) {
    // EventBridge User Guide, "Rate expressions".
    const message = `${publicLog.intervalSeconds} is no number of whole minutes, in which EventBridge counts`;
    context.addIssue({ code: "custom", path: ["publicLog", "intervalSeconds"], message });
  }
  if (twoPeople && aws?.access.sessionName === "any") {
    const message =
      "with names of sessions that are not checked nobody can approve what twoPeople needs a second person for";
    context.addIssue({ code: "custom", path: ["aws", "access", "sessionName"], message });
  }
});

/** Everything about a stage that is not the same on every stage. */
export type Settings = z.output<typeof settingsSchema>;

/** Settings that one place decides, as part of a stage. */
export type Layer = DeepPartial<Settings>;
type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T;
