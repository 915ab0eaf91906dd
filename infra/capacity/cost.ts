import type { Settings } from "../stages.ts";
import { ACCESS, DATABASE_TYPES, EVERY_MINUTE, PAGES, PER_VOTE, POLLING, PUBLIC_LOG } from "./assumptions.ts";
import { awsOf, batchMs, type Consumer, type Demand, type Need } from "./model.ts";

/** A line of the bill, in US dollars. */
export interface CostLine {
  readonly name: string;
  /** What it costs in a month without a vote. */
  readonly monthly: number;
  /** What the voting day adds. */
  readonly votingDay: number;
}

const HOURS_PER_MONTH = 730;
const MINUTES_PER_MONTH = HOURS_PER_MONTH * 60;
const ENTRIES_OF_A_TILE = 256;
const MILLION = 1_000_000;

/**
 * On-demand list prices of us-east-1 in US dollars, as AWS's price pages gave them in 2026, without free tiers and
 * discounts. ca-central-1 has the same prices but for those under `REGIONAL`. An estimate for a decision, not an
 * invoice: check https://calculator.aws before a budget is set.
 */
const PRICES = {
  apiPerMillion: 3.5,
  wafPerMillion: 0.6,
  wafFixed: 5 + 5 * 1,
  lambdaPerGbSecond: 0.000_013_333_4,
  lambdaProvisionedPerGbSecond: 0.000_003_333_4,
  lambdaPerMillion: 0.2,
  sqsPerMillion: 0.4,
  // https://aws.amazon.com/cloudfront/pricing/: HTTPS requests and transfer to viewers in the United States, Mexico and
  // Canada, and runs of a CloudFront function. What CloudFront fetches from AWS is free.
  cloudFrontPerMillion: 1,
  cloudFrontPerGib: 0.085,
  cloudFrontFunctionPerMillion: 0.1,
  alarm: 0.1,
  metric: 0.3,
  dashboard: 3,
  secret: 0.4,
  key: 1,
  // https://aws.amazon.com/kms/pricing/
  keyRequestsPerMillion: 3,
  signaturesPerMillion: 15,
  // https://aws.amazon.com/cloudtrail/pricing/: the second copy of an account's management events; the first is free.
  managementEventsPerMillion: 20,
  dataEventsPerMillion: 1,
} as const;
/** Prices that ca-central-1 asks `REGION_FACTOR` times of. */
const REGIONAL = {
  dynamoWritePerMillion: 0.625,
  dynamoReadPerMillion: 0.125,
  // https://aws.amazon.com/s3/pricing/
  objectWritesPerMillion: 5,
  objectReadsPerMillion: 0.4,
  objectsPerGib: 0.023,
  rdsPerHour: {
    "t4g.medium": 0.065,
    "r8g.large": 0.239,
    "r8g.xlarge": 0.478,
    "r8g.2xlarge": 0.956,
    "r8g.4xlarge": 1.912,
  },
  rdsStoragePerGib: 0.115,
  rdsInsightsPerVcpuHour: 0.0125,
  rdsProxyPerVcpuHour: 0.015,
  redisPerHour: {
    "cache.t4g.small": 0.0256,
    "cache.t4g.medium": 0.052,
    "cache.m7g.large": 0.1264,
    "cache.r7g.large": 0.1752,
    "cache.r7g.xlarge": 0.3496,
    "cache.r7g.2xlarge": 0.6992,
  },
  interfaceEndpointPerZoneHour: 0.01,
  logsPerGib: 0.5,
} as const;
const REGION_FACTOR = 1.1;
/**
 * The stage's own metrics: of each law, and of all together (the totals of validate, what the gateway throttles, how
 * long a vote takes until it is counted, how long a migration runs, what comes of the public logs). A test counts them.
 */
export const METRICS = { perLaw: 9, others: 9 } as const;
/** Secrets and keys of an AWS stage; a test counts them. RDS keeps the database's master secret beside these. */
export const SECRETS = 20;
export const KEYS = 4;
/** Interface endpoints of the network: SQS, Secrets Manager, Lambda and KMS; a test counts them. */
export const ENDPOINTS = 4;
/** How long SQS uses a data key before it asks for another one; a test compares it with the queues'. */
export const DATA_KEY_REUSE_SECONDS = 300;

/**
 * What a demand costs.
 *
 * @param demand what is to be carried
 * @param need what it needs (model.ts)
 * @param settings the stage's settings
 * @param resources how many alarms the stage has
 */
export function costOf(
  demand: Demand,
  need: Need,
  settings: Settings,
  resources: { readonly alarms: number },
): CostLine[] {
  const aws = awsOf(settings);
  const votes = demand.votes * demand.laws;
  const requests = votes * (1 + PER_VOTE.statusRequests.value);
  const perMillion = (count: number, price: number) => (count / MILLION) * price;
  const hourly = (price: number) => price * HOURS_PER_MONTH;
  const gbSeconds = (count: number, milliseconds: number, memoryMiB: number) =>
    ((count * milliseconds) / 1000) * (memoryMiB / 1024) * PRICES.lambdaPerGbSecond;
  const regional = (price: number) => price * REGION_FACTOR;
  const logs = (bytes: number) => (bytes / 1024 ** 3) * regional(REGIONAL.logsPerGib);
  const { functions } = settings;
  const runs = (consumer: Consumer) => votes / need.votesPerBatch[consumer];
  const runMs = (consumer: Consumer) => batchMs(consumer, need.votesPerBatch[consumer], settings);
  const zones = aws.database.multiAz ? 2 : 1;
  const vcpus = DATABASE_TYPES[aws.database.instanceType]?.vcpus ?? 0;
  const day = (demand.hours + 2) * 3600;
  const warmGb = functions.ingest.memoryMiB / 1024;
  // Nothing is traced, so X-Ray costs nothing.
  return [
    { name: "API Gateway", monthly: 0, votingDay: perMillion(requests, PRICES.apiPerMillion) },
    { name: "CloudFront", monthly: 0, votingDay: aws.pages.enabled ? pagesCost(demand) : 0 },
    { name: "WAF", monthly: PRICES.wafFixed, votingDay: perMillion(requests, PRICES.wafPerMillion) },
    {
      name: "Lambda, running",
      monthly:
        gbSeconds(MINUTES_PER_MONTH, EVERY_MINUTE.healthMs.value, functions.health.memoryMiB) +
        gbSeconds(MINUTES_PER_MONTH, EVERY_MINUTE.operateMs.value, functions.operate.memoryMiB) +
        perMillion(2 * MINUTES_PER_MONTH, PRICES.lambdaPerMillion),
      votingDay:
        gbSeconds(votes, PER_VOTE.ingestMs.value, functions.ingest.memoryMiB) +
        gbSeconds(requests - votes, PER_VOTE.readMs.value, functions.receipt.memoryMiB) +
        gbSeconds(runs("validate"), runMs("validate"), functions.validate.memoryMiB) +
        gbSeconds(runs("aggregate"), runMs("aggregate"), functions.aggregate.memoryMiB) +
        perMillion(requests + runs("validate") + runs("aggregate"), PRICES.lambdaPerMillion),
    },
    {
      name: "Lambda, kept warm",
      monthly: aws.ingestConcurrency.minimum * warmGb * HOURS_PER_MONTH * 3600 * PRICES.lambdaProvisionedPerGbSecond,
      votingDay: need.concurrency.ingest * 2 * warmGb * day * PRICES.lambdaProvisionedPerGbSecond,
    },
    { name: "SQS", monthly: 0, votingDay: perMillion(queueRequests(votes, need, settings), PRICES.sqsPerMillion) },
    {
      name: "DynamoDB",
      monthly: 0,
      votingDay:
        perMillion(votes, regional(REGIONAL.dynamoWritePerMillion)) +
        perMillion(requests - votes, regional(REGIONAL.dynamoReadPerMillion)),
    },
    {
      name: "RDS PostgreSQL",
      monthly:
        regional(
          hourly(priceOf(REGIONAL.rdsPerHour, aws.database.instanceType) + vcpus * REGIONAL.rdsInsightsPerVcpuHour) +
            aws.database.allocatedGib * REGIONAL.rdsStoragePerGib,
        ) * zones,
      votingDay: 0,
    },
    { name: "RDS Proxy", monthly: hourly(Math.max(2, vcpus) * regional(REGIONAL.rdsProxyPerVcpuHour)), votingDay: 0 },
    {
      name: "ElastiCache",
      monthly: hourly(regional(priceOf(REGIONAL.redisPerHour, aws.redis.nodeType)) * (1 + aws.redis.replicas)),
      votingDay: 0,
    },
    {
      name: "VPC endpoints",
      monthly: hourly(
        ENDPOINTS * aws.network.availabilityZones.length * regional(REGIONAL.interfaceEndpointPerZoneHour),
      ),
      votingDay: 0,
    },
    {
      name: "CloudWatch",
      monthly:
        resources.alarms * PRICES.alarm +
        PRICES.dashboard +
        (METRICS.perLaw * demand.laws + METRICS.others) * PRICES.metric,
      votingDay: logs(votes * need.logBytesPerVote),
    },
    {
      name: "Secrets and keys",
      monthly:
        (SECRETS + 1) * PRICES.secret +
        KEYS * PRICES.key +
        perMillion(
          ((HOURS_PER_MONTH * 3600) / DATA_KEY_REUSE_SECONDS) * ACCESS.keyUsers.value * 2,
          PRICES.keyRequestsPerMillion,
        ),
      votingDay: 0,
    },
    { name: "Public logs", ...publicLogCost(demand, settings) },
    {
      name: "CloudTrail",
      monthly:
        perMillion(ACCESS.managementEvents.value, PRICES.managementEventsPerMillion) +
        perMillion(ACCESS.dataEvents.value, PRICES.dataEventsPerMillion) +
        logs((ACCESS.managementEvents.value + ACCESS.dataEvents.value) * ACCESS.eventBytes.value),
      votingDay: 0,
    },
  ];
}

/** What the public logs of laws cost, without what others read of them. */
function publicLogCost({ votes, laws, hours }: Demand, settings: Settings): Omit<CostLine, "name"> {
  const { intervalSeconds } = settings.publicLog;
  const entries = votes * laws;
  const epochs = ((hours * 3600) / intervalSeconds) * laws;
  const runs = (HOURS_PER_MONTH * 3600) / intervalSeconds;
  const gbSeconds = (milliseconds: number) => (milliseconds / 1000) * (settings.functions.log.memoryMiB / 1024);
  const full = (2 * entries) / ENTRIES_OF_A_TILE;
  const per = (count: number, price: number) => (count / MILLION) * price * REGION_FACTOR;
  return {
    monthly:
      gbSeconds(runs * PUBLIC_LOG.runMs.value) * PRICES.lambdaPerGbSecond +
      (runs / MILLION) * PRICES.lambdaPerMillion +
      per(runs * laws, REGIONAL.objectReadsPerMillion) +
      ((entries * PUBLIC_LOG.objectBytes.value) / 1024 ** 3) * REGIONAL.objectsPerGib * REGION_FACTOR,
    votingDay:
      gbSeconds(entries * PUBLIC_LOG.entryMs.value) * PRICES.lambdaPerGbSecond +
      per(full + epochs * PUBLIC_LOG.partialObjects.value, REGIONAL.objectWritesPerMillion) +
      per(2 * epochs, REGIONAL.objectReadsPerMillion) +
      (epochs / MILLION) * PRICES.signaturesPerMillion,
  };
}

/** What the pages' delivery costs, and the API's answers under their name. */
function pagesCost({ votes: voters, laws }: Demand): number {
  const files = voters * PAGES.filesPerVoter.value;
  const calls = voters * (PAGES.apiRequestsPerVoter.value + laws * PAGES.apiRequestsPerVote.value);
  const bytes = voters * PAGES.bytesPerVoter.value + calls * PAGES.apiBytes.value;
  return (
    ((files + calls) / MILLION) * PRICES.cloudFrontPerMillion +
    (calls / MILLION) * PRICES.cloudFrontFunctionPerMillion +
    (bytes / 1024 ** 3) * PRICES.cloudFrontPerGib
  );
}

/** Most messages that one request of SQS takes. */
const SQS_BATCH = 10;

/**
 * Requests to both queues: ingest sends each vote by itself, validate its outcomes ten at a time; Lambda asks for ten
 * at most, gets what is there, and asks again as long as the window is open.
 */
function queueRequests(votes: number, need: Need, settings: Settings): number {
  const requests = (consumer: Consumer) => {
    const size = need.votesPerBatch[consumer];
    const deletions = Math.ceil(size / SQS_BATCH);
    const perAsk = (need.averagePerSecond * POLLING.askMs.value) / 1000 / POLLING.pollers.value;
    const asks = settings[consumer].batchWindowSeconds === 0 ? 1 : size / Math.min(SQS_BATCH, Math.max(1, perAsk));
    const sends = consumer === "validate" ? deletions : 0;
    return (votes / size) * (Math.max(deletions, asks) + deletions + sends);
  };
  return votes + requests("validate") + requests("aggregate");
}

function priceOf(prices: Readonly<Record<string, number>>, type: string): number {
  const price = prices[type];
  if (price === undefined) throw new Error(`no price is known for ${type}: add it to infra/capacity/cost.ts`);
  return price;
}
