import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { AwsSettings } from "../../stages.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import type { Database } from "../data/database.ts";
import type { RollCache } from "../data/roll-cache.ts";

export interface DataAlarmsProps {
  readonly aws: AwsSettings;
  readonly alarms: AlarmMaker;
  readonly database: Database;
  readonly rollCache: RollCache;
}

const GIB = 1024 ** 3;
const PERIOD = Duration.minutes(5);

/** Alarms on what holds the data: early enough to do something before votes wait. */
export class DataAlarms extends Construct {
  constructor(scope: Construct, id: string, props: DataAlarmsProps) {
    super(scope, id);
    this.#database(props);
    this.#redis(props);
  }

  #database({ aws, alarms, database }: DataAlarmsProps): void {
    const { instance } = database;
    alarms.add(this, "database-connections", {
      what: "PostgreSQL has few connections left.",
      runbook: "alarm-database-connections",
      metric: instance.metricDatabaseConnections({ period: PERIOD, statistic: "Maximum" }),
      threshold: aws.database.maxConnections * 0.8,
      periods: 2,
    });
    alarms.add(this, "database-storage", {
      what: "PostgreSQL has less than a fifth of its storage left, although it grows by itself.",
      runbook: "alarm-database-storage",
      metric: instance.metricFreeStorageSpace({ period: PERIOD, statistic: "Minimum" }),
      threshold: aws.database.allocatedGib * GIB * 0.2,
      below: true,
      periods: 2,
    });
    alarms.add(this, "database-cpu", {
      what: "PostgreSQL is busy.",
      runbook: "alarm-database-cpu",
      metric: instance.metricCPUUtilization({ period: PERIOD, statistic: "Average" }),
      threshold: 80,
      periods: 3,
    });
  }

  #redis({ alarms, rollCache }: DataAlarmsProps): void {
    for (const node of rollCache.nodeIds) {
      const metric = (metricName: string, statistic: string) =>
        new cloudwatch.Metric({
          namespace: "AWS/ElastiCache",
          metricName,
          statistic,
          period: PERIOD,
          dimensionsMap: { CacheClusterId: node },
        });
      alarms.add(this, `redis-memory-${node}`, {
        what: `The roll cache's node ${node} fills up: a roll that does not fit is refused.`,
        runbook: "alarm-redis-memory",
        metric: metric("DatabaseMemoryUsagePercentage", "Maximum"),
        threshold: 75,
        periods: 2,
      });
      alarms.add(this, `redis-evictions-${node}`, {
        what: `The roll cache's node ${node} forgets keys, which noeviction forbids: somebody changed its parameters.`,
        runbook: "alarm-redis-evictions",
        metric: metric("Evictions", "Sum"),
        threshold: 0,
      });
      alarms.add(this, `redis-cpu-${node}`, {
        what: `The roll cache's node ${node} is busy; it has one thread for all votes.`,
        runbook: "alarm-redis-cpu",
        metric: metric("EngineCPUUtilization", "Average"),
        threshold: 80,
        periods: 3,
      });
      alarms.add(this, `redis-replication-${node}`, {
        what: `The roll cache's node ${node} lags behind: claims of its last seconds are lost in a failover.`,
        runbook: "alarm-redis-replication",
        metric: metric("ReplicationLag", "Maximum"),
        threshold: 5,
        periods: 2,
      });
    }
  }
}
