import type { AwsSettings, Layer } from "./settings.ts";

/** The values of every stage in an AWS account. */
export const awsCommon: Layer = {
  api: { retryAfterSeconds: 2 },
  // Half of it for the write, half a second for a slow look-up, and two seconds for clocks: AWS keeps its own within
  // milliseconds (EC2 User Guide, "Amazon Time Sync Service").
  lawChangeMarginSeconds: 5,
  countQuietSeconds: 120,
  // A tally is one row by its key, so a longer wait means that the database does not answer.
  readerDatabaseTimeoutMs: 1_000,
  healthProbeTimeoutMs: 2_500,
  functions: {
    validate: { timeoutSeconds: 30 },
    aggregate: { timeoutSeconds: 30 },
    // Readers give up early, so that a store that is away keeps few executions busy; a start takes about a second of
    // it.
    results: { timeoutSeconds: 4 },
    receipt: { timeoutSeconds: 4 },
    laws: { timeoutSeconds: 4 },
    // It asks four services at once and says within `healthProbeTimeoutMs` which of them do not answer.
    health: { timeoutSeconds: 5 },
  },
  publicLog: { intervalSeconds: 60 },
  // An hour of a few voters would tell when somebody voted whose receipt is seen.
  turnoutMinimum: 50,
  // Visibility 6 × 30 s. 40 × 180 s are two hours.
  validate: { visibilityTimeoutSeconds: 180, maxReceiveCount: 40 },
  aggregate: { visibilityTimeoutSeconds: 180, maxReceiveCount: 40 },
  aws: {
    // Voters are named by their Canadian NAS, and their data stay in the country.
    region: "ca-central-1",
    network: {
      // The three zones that ca-central-1 offers; there is no 1c for new accounts.
      availabilityZones: ["ca-central-1a", "ca-central-1b", "ca-central-1d"],
      // The same in every account: aws ec2 describe-managed-prefix-lists --region ca-central-1
      dynamoDbPrefixListId: "pl-4ea54027",
      s3PrefixListId: "pl-7da54014",
    },
    // The same on dev as on prod, so that a trial on dev shows what will happen on prod.
    database: {
      multiAz: true,
      // RDS's maximum.
      backupRetentionDays: 35,
    },
    redis: { replicas: 2 },
    // No backup of the database is older, so nothing that is restored asks for more.
    archiveVersionDays: 35,
    waf: {
      // An office of 5,000 people behind one address, each voting on three laws within five minutes: 50 votes per
      // second, a thirtieth of what the API takes.
      votesPerAddress: 15_000,
      // The same people, each vote with a look at the law, at the receipt twice, and a second try: 200 requests per
      // second. A carrier's NAT with ten thousand phones on one address is below it.
      requestsPerAddress: 60_000,
      loadGeneratorCidrs: [],
    },
    pages: { enabled: true },
    access: {
      readers: [],
      operators: [],
      approvers: [],
      breakGlass: [],
      // The people are users of the account. With an identity provider it is a tag, such as ${aws:PrincipalTag/person}.
      sessionName: `\${aws:username}`,
      // The role that `cdk bootstrap` makes.
      deployRoles: ["cdk-*-cfn-exec-role-*"],
    },
    alarms: {
      runbook: "docs/runbook.md",
      // A vote is normally counted within three seconds; a minute is twenty times that.
      oldestMessageSeconds: 60,
      // The peak is proved with a p95 below 100 ms (docs/load.md); slower than that, voters press the button again.
      latencyP95Ms: 100,
      // One request in a thousand may fail: 43 minutes of a month, or one voter in a thousand asked to send again.
      errorBudget: 0.001,
    },
  },
};

export const prod: Layer = {
  // An election's records are kept a year, past every period for contesting it.
  logRetentionDays: 365,
  // 1,000 votes/s, and each voter looks at a receipt or two; half as much again as headroom.
  api: { throttleRate: 1500, throttleBurst: 1500, readRate: 3000, readBurst: 3000 },
  // Readers get at most a sixth of an account's 1,000 executions, votes the rest. Little's law: 1,000 receipts/s of 20
  // ms are 20 at once; results come from caches for a second.
  functions: {
    results: { concurrencyCap: 50 },
    receipt: { concurrencyCap: 100 },
    // From caches for seconds, as results.
    laws: { concurrencyCap: 30 },
    health: { concurrencyCap: 5 },
    fallback: { concurrencyCap: 10 },
    // The schedule's run, and one that a count has asked for.
    log: { concurrencyCap: 2 },
    // Taken out of the account's: operators are not kept out by a crowd of voters, nor voters by a load.
    operate: { concurrencyCap: 10 },
    roll: { concurrencyCap: 10 },
  },
  // One read of DynamoDB per law, 10 s and execution environment; a freeze is in force 15 s after it was written.
  lawCacheSeconds: 10,
  // At the peak a step has 300,000 votes. In a quiet hour it has 1,000: on a law that nine of ten voters want, all of
  // them are the same once in 10^46 steps.
  resultsIntervalSeconds: 300,
  resultsMinimumVotes: 1_000,
  // Whoever watches the log learns that a vote was decided within a minute or two, among a thousand others.
  publicLog: { minimumSubmissions: 1_000 },
  // As the logs: past every period for contesting the result.
  legalTermDays: 365,
  // Nobody alone changes an election.
  twoPeople: true,
  // `npm run capacity`, with room for a backlog to drain.
  validate: { maximumConcurrency: 20 },
  aggregate: { maximumConcurrency: 10 },
  aws: {
    network: { cidr: "10.40.0.0/16" },
    database: {
      // `npm run capacity`: 1,000 votes/s are two transactions per second of 500 votes; three laws of 8 million voters
      // are 21 GiB of tables and indexes, whose hot pages fit in its 32 GiB of memory. Graviton, not burstable.
      instanceType: "r8g.xlarge",
      // gp3 below 400 GiB gives 3,000 IOPS and 125 MiB/s (RDS User Guide, "gp3 storage"); the model needs 62 GiB and 2
      // MiB/s.
      allocatedGib: 200,
      maxAllocatedGib: 1000,
      // The proxy needs one for each consumer at most; the rest is for operators.
      maxConnections: 500,
    },
    redis: {
      // 8 million voters on three laws at once are 1.3 GiB (57 bytes per voter), a quarter of what 6.38 GiB leave after
      // the reserve; not burstable.
      nodeType: "cache.m7g.large",
      nodeGib: 6.38,
    },
    // Peak 1,000/s × 30 ms = 30 at once (Little's law), with half as much again for bursts; scaled on utilization.
    ingestConcurrency: { minimum: 10, maximum: 200 },
    // A year, as the logs.
    access: { trailRetentionDays: 365 },
    // Nobody yet: a deployment of prod names somebody here first.
    alarms: { emails: [] },
    protectData: true,
  },
};

export const dev: Layer = {
  logRetentionDays: 30,
  // Enough for a load test of a tenth of the peak.
  api: { throttleRate: 200, throttleBurst: 200, readRate: 400, readBurst: 400 },
  functions: {
    results: { concurrencyCap: 5 },
    receipt: { concurrencyCap: 10 },
    laws: { concurrencyCap: 5 },
    health: { concurrencyCap: 2 },
    fallback: { concurrencyCap: 2 },
    log: { concurrencyCap: 2 },
    operate: { concurrencyCap: 5 },
    roll: { concurrencyCap: 5 },
  },
  lawCacheSeconds: 2,
  // A few testers see a step every few minutes. Of 100 votes on a law that nine of ten voters want, all are the same
  // once in 38,000 steps: then that step tells each of them.
  resultsIntervalSeconds: 60,
  resultsMinimumVotes: 100,
  publicLog: { minimumSubmissions: 100 },
  // A month, as the trail.
  legalTermDays: 30,
  // One developer tries everything.
  twoPeople: false,
  validate: { maximumConcurrency: 4 },
  aggregate: { maximumConcurrency: 2 },
  aws: {
    network: { cidr: "10.41.0.0/16" },
    // Small and burstable: a development stage is idle most of the time.
    database: { instanceType: "t4g.medium", allocatedGib: 20, maxAllocatedGib: 100, maxConnections: 200 },
    redis: { nodeType: "cache.t4g.small", nodeGib: 1.37 },
    ingestConcurrency: { minimum: 1, maximum: 5 },
    access: { trailRetentionDays: 30 },
    alarms: { emails: [] },
    // Nothing on it is worth keeping: it is taken down and put up again.
    protectData: false,
  },
};

/**
 * Refuses what must not be deployed although its values are valid.
 *
 * @param stage the stage's name
 * @param aws its settings
 * @throws Error when nobody would be told of an alarm of prod
 */
export function refuseUnwatched(stage: string, aws: AwsSettings): void {
  if (stage !== "prod" || aws.alarms.emails.length > 0) return;
  throw new Error(
    `Nobody would be told of the alarms of stage ${stage}: name a recipient under aws.alarms.emails in infra/stages-aws.ts, ` +
      `or for once with -c settings='{"aws":{"alarms":{"emails":["you@example.org"]}}}'.`,
  );
}
