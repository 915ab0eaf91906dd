import type { Settings } from "../stages.ts";
import { ACCESS, DATABASE_TYPES, PER_VOTE } from "./assumptions.ts";
import { awsOf, type Demand, type Need } from "./model.ts";

/** A line of the bill, in US dollars. */
export interface CostLine {
  readonly name: string;
  /** What it costs in a month without a vote. */
  readonly monthly: number;
  /** What the voting day adds. */
  readonly votingDay: number;
}

const HOURS_PER_MONTH = 730;
const MILLION = 1_000_000;

/**
 * On-demand list prices of us-east-1 in US dollars, as AWS's price pages gave them in 2026, without free tiers and discounts.
 * `REGION_FACTOR` is what ca-central-1 asks more. An estimate for a decision, not an invoice: check
 * https://calculator.aws before a budget is set.
 */
const PRICES = {
  apiPerMillion: 3.5,
  wafPerMillion: 0.6,
  wafFixed: 5 + 5 * 1,
  lambdaPerGbSecond: 0.000_013_333_4,
  lambdaProvisionedPerGbSecond: 0.000_003_333_4,
  lambdaPerMillion: 0.2,
  sqsPerMillion: 0.4,
  dynamoWritePerMillion: 0.625,
  dynamoReadPerMillion: 0.125,
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
  alarm: 0.1,
  metric: 0.3,
  dashboard: 3,
  secret: 0.4,
  key: 1,
  // https://aws.amazon.com/kms/pricing/
  keyRequestsPerMillion: 3,
  // https://aws.amazon.com/cloudtrail/pricing/: the second copy of an account's management events; the first is free.
  managementEventsPerMillion: 20,
  dataEventsPerMillion: 1,
} as const;
const REGION_FACTOR = 1.1;
/** Secrets and keys of an AWS stage; a test counts them. RDS keeps the database's master secret beside these. */
export const SECRETS = 8;
export const KEYS = 3;
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
  const { functions, validate, aggregate } = settings;
  const zones = aws.database.multiAz ? 2 : 1;
  const vcpus = DATABASE_TYPES[aws.database.instanceType]?.vcpus ?? 0;
  const day = (demand.hours + 2) * 3600;
  const warmGb = functions.ingest.memoryMiB / 1024;
  const lines: CostLine[] = [
    { name: "API Gateway", monthly: 0, votingDay: perMillion(requests, PRICES.apiPerMillion) },
    { name: "WAF", monthly: PRICES.wafFixed, votingDay: perMillion(requests, PRICES.wafPerMillion) },
    {
      name: "Lambda, running",
      monthly: 0,
      votingDay:
        gbSeconds(votes, PER_VOTE.ingestMs.value, functions.ingest.memoryMiB) +
        gbSeconds(requests - votes, PER_VOTE.readMs.value, functions.receipt.memoryMiB) +
        gbSeconds(votes / validate.batchSize, PER_VOTE.validateBatchMs.value, functions.validate.memoryMiB) +
        gbSeconds(votes / aggregate.batchSize, PER_VOTE.aggregateBatchMs.value, functions.aggregate.memoryMiB) +
        perMillion(requests + votes / validate.batchSize + votes / aggregate.batchSize, PRICES.lambdaPerMillion),
    },
    {
      name: "Lambda, kept warm",
      monthly: aws.ingestConcurrency.minimum * warmGb * HOURS_PER_MONTH * 3600 * PRICES.lambdaProvisionedPerGbSecond,
      votingDay: need.concurrency.ingest * 2 * warmGb * day * PRICES.lambdaProvisionedPerGbSecond,
    },
    { name: "SQS", monthly: 0, votingDay: perMillion(votes * PER_VOTE.sqsRequests.value, PRICES.sqsPerMillion) },
    {
      name: "DynamoDB",
      monthly: 0,
      votingDay:
        perMillion(votes, PRICES.dynamoWritePerMillion) + perMillion(requests - votes, PRICES.dynamoReadPerMillion),
    },
    {
      name: "RDS PostgreSQL",
      monthly:
        hourly(priceOf(PRICES.rdsPerHour, aws.database.instanceType) + vcpus * PRICES.rdsInsightsPerVcpuHour) * zones +
        aws.database.allocatedGib * PRICES.rdsStoragePerGib * zones,
      votingDay: 0,
    },
    { name: "RDS Proxy", monthly: hourly(Math.max(2, vcpus) * PRICES.rdsProxyPerVcpuHour), votingDay: 0 },
    {
      name: "ElastiCache",
      monthly: hourly(priceOf(PRICES.redisPerHour, aws.redis.nodeType) * (1 + aws.redis.replicas)),
      votingDay: 0,
    },
    { name: "VPC endpoints", monthly: hourly(2 * 3 * PRICES.interfaceEndpointPerZoneHour), votingDay: 0 },
    {
      name: "CloudWatch",
      monthly: resources.alarms * PRICES.alarm + PRICES.dashboard + 9 * demand.laws * PRICES.metric,
      votingDay: ((votes * PER_VOTE.logBytes.value * 2) / 1024 ** 3) * PRICES.logsPerGib,
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
    {
      name: "CloudTrail",
      monthly:
        perMillion(ACCESS.managementEvents.value, PRICES.managementEventsPerMillion) +
        perMillion(ACCESS.dataEvents.value, PRICES.dataEventsPerMillion) +
        (((ACCESS.managementEvents.value + ACCESS.dataEvents.value) * ACCESS.eventBytes.value) / 1024 ** 3) *
          PRICES.logsPerGib,
      votingDay: 0,
    },
  ];
  return lines.map((line) => ({
    ...line,
    monthly: line.monthly * REGION_FACTOR,
    votingDay: line.votingDay * REGION_FACTOR,
  }));
}

function priceOf(prices: Readonly<Record<string, number>>, type: string): number {
  const price = prices[type];
  if (price === undefined) throw new Error(`no price is known for ${type}: add it to infra/capacity/cost.ts`);
  return price;
}
