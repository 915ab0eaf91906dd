import type * as ec2 from "aws-cdk-lib/aws-ec2";

/** Those who have a security group: the functions in the network, and what they reach. */
export const MEMBERS = {
  validate: "validate: Redis, SQS and secrets",
  aggregate: "aggregate: the database proxy, SQS and DynamoDB",
  results: "results: the database proxy and DynamoDB",
  health: "health: the database proxy, Redis, SQS, secrets and DynamoDB",
  migrate: "migrate: the database itself and secrets",
  log: "log: the database proxy, KMS and S3",
  operate: "operate: the database proxy, Redis, SQS, Lambda, secrets, DynamoDB and S3",
  roll: "roll: the database proxy, Redis, SQS, Lambda, secrets, DynamoDB and S3",
  proxy: "the database proxy",
  database: "PostgreSQL",
  redis: "ElastiCache",
  endpoints: "the interface endpoints",
} as const;
export type Member = keyof typeof MEMBERS;

export const POSTGRES_PORT = 5432;
export const REDIS_PORT = 6379;

/** The network that data and functions live in. */
export interface Network {
  readonly vpc: ec2.IVpc;
  readonly groups: Readonly<Record<Member, ec2.SecurityGroup>>;
}
