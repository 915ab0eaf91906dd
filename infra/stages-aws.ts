import { z } from "zod";

const count = z.number().int().min(1);

/** What only a stage in an AWS account has. */
export const awsSettingsSchema = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  network: z.strictObject({
    cidr: z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/),
    /** The three zones of the private subnets. */
    availabilityZones: z.array(z.string()).length(3),
    /** DynamoDB's addresses in the region, as a managed prefix list: what the functions may reach through the gateway endpoint. */
    dynamoDbPrefixListId: z.string().regex(/^pl-[0-9a-f]+$/),
    /** The same of S3, for operators' machines. */
    s3PrefixListId: z.string().regex(/^pl-[0-9a-f]+$/),
    /**
     * Endpoints that only operators' machines inside the network need: to log in without an open port, and to run the
     * commands. On while a roll is loaded and on voting day; some $90 a month.
     */
    operatorEndpoints: z.boolean(),
  }),
  database: z.strictObject({
    instanceType: z.string(),
    multiAz: z.boolean(),
    allocatedGib: count,
    maxAllocatedGib: count,
    backupRetentionDays: z.number().int().min(1).max(35),
    /** What max_connections is on this instance type, set in the parameter group so that the alarm knows it. */
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
    /** POST /vote from one address with one User-Agent in five minutes. */
    votesPerClient: count.min(10),
    /** Requests from one address in five minutes, whoever is behind it. */
    requestsPerAddress: count.min(10),
    /** Addresses that no rule counts: load generators, by permission only. */
    loadGeneratorCidrs: z.array(z.string()),
  }),
  /** The API under its own name; absent: API Gateway's. */
  domain: z
    .strictObject({
      name: z.string(),
      certificateArn: z.string(),
      /** `s3://bucket/truststore.pem`: clients must show a certificate of these authorities. */
      mutualTlsTruststore: z.string().startsWith("s3://").optional(),
    })
    .optional(),
  alarms: z.strictObject({
    /** Who is told; the address has to confirm. */
    emails: z.array(z.email()),
    /** Where the runbook is read; alarms link to its sections. */
    runbook: z.string(),
    oldestMessageSeconds: count,
    latencyP95Ms: count,
    /** The share of requests that may fail: 1 - 0.999. */
    errorBudget: z.number().min(0.0001).max(0.1),
  }),
  /** Data survive a mistake: termination protection, deletion protection, retained resources. */
  protectData: z.boolean(),
});
export type AwsSettings = z.output<typeof awsSettingsSchema>;

export const prodAws: AwsSettings = {
  // Voters are named by their Canadian NAS, and their data stay in the country.
  region: "ca-central-1",
  network: {
    cidr: "10.40.0.0/16",
    // The three zones that ca-central-1 offers; there is no 1c for new accounts.
    availabilityZones: ["ca-central-1a", "ca-central-1b", "ca-central-1d"],
    // The same in every account: aws ec2 describe-managed-prefix-lists --region ca-central-1
    dynamoDbPrefixListId: "pl-4ea54027",
    s3PrefixListId: "pl-7da54014",
    operatorEndpoints: false,
  },
  database: {
    // `npm run capacity`: 1,000 votes/s are two transactions per second of 500 votes; three laws of 8 million voters are
    // 17 GiB of tables and indexes, whose hot pages fit in its 32 GiB of memory. Graviton, not burstable.
    instanceType: "r8g.xlarge",
    multiAz: true,
    // gp3 below 400 GiB gives 3,000 IOPS and 125 MiB/s (RDS User Guide, "gp3 storage"); the model needs 52 GiB and 2 MiB/s.
    allocatedGib: 200,
    maxAllocatedGib: 1000,
    // RDS's maximum.
    backupRetentionDays: 35,
    // The proxy needs one for each consumer at most; the rest is for operators.
    maxConnections: 500,
  },
  redis: {
    // 8 million voters on three laws at once are 1.3 GiB (57 bytes per voter), a quarter of what 6.38 GiB leave after the reserve;
    // not burstable.
    nodeType: "cache.m7g.large",
    replicas: 2,
    nodeGib: 6.38,
  },
  ingestConcurrency: {
    // Peak 1,000/s × 30 ms = 30 at once (Little's law), with half as much again for bursts; scaled on utilization.
    minimum: 10,
    maximum: 200,
  },
  waf: {
    // A household, a school or an office behind one address with one browser version: 300 votes in five minutes.
    votesPerClient: 300,
    // A carrier's NAT may hold tens of thousands of phones: 33 requests per second through one address.
    requestsPerAddress: 10_000,
    loadGeneratorCidrs: [],
  },
  alarms: {
    emails: [],
    runbook: "docs/runbook.md",
    // A vote is normally counted within three seconds; a minute is twenty times that.
    oldestMessageSeconds: 60,
    // The target of docs/load.md: p95 below 100 ms.
    latencyP95Ms: 100,
    // The target of docs/load.md: 99.9 % of requests.
    errorBudget: 0.001,
  },
  protectData: true,
};

export const devAws: AwsSettings = {
  ...prodAws,
  network: { ...prodAws.network, cidr: "10.41.0.0/16" },
  // Small and burstable: a development stage is idle most of the time. Otherwise the same shape as prod, so that what
  // is tried there is what will happen.
  database: {
    ...prodAws.database,
    instanceType: "t4g.medium",
    allocatedGib: 20,
    maxAllocatedGib: 100,
    maxConnections: 200,
  },
  redis: { nodeType: "cache.t4g.small", replicas: 2, nodeGib: 1.37 },
  ingestConcurrency: { minimum: 1, maximum: 5 },
};
