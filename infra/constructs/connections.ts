import { CfnParameter } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { ServiceFunction } from "./service-function.ts";

/** Who a function is inside PostgreSQL: the roles of the first migration, and the master user who makes them. */
export type DatabaseRole = "referendum_reader" | "referendum_writer" | "migrator";

/** How functions reach Redis and PostgreSQL: by address here, by network, roles and secrets in an AWS account. */
export interface Connections {
  /**
   * Lets a function use PostgreSQL, as environment and as permission.
   *
   * @param service the function
   * @param role who it is inside the database
   */
  connectDatabase(service: ServiceFunction, role: DatabaseRole): void;
  /** Lets a function use Redis, as environment and as permission. */
  connectRedis(service: ServiceFunction): void;
}

/** Addresses given at deployment, for servers that run beside the stack: the stages local and localstack. */
export class ParameterConnections implements Connections {
  readonly #redisUrl: CfnParameter;
  readonly #databaseUrl: CfnParameter;

  constructor(scope: Construct) {
    this.#redisUrl = new CfnParameter(scope, "RedisUrl", {
      description: "Where Redis answers: redis://host:port",
      default: "redis://127.0.0.1:6379",
    });
    this.#databaseUrl = new CfnParameter(scope, "DatabaseUrl", {
      description: "Where PostgreSQL answers: postgresql://user:password@host:port/database",
      default: "postgresql://election_user@127.0.0.1:5432/election_db",
      noEcho: true,
    });
  }

  connectDatabase(service: ServiceFunction): void {
    service.function.addEnvironment("DATABASE_URL", this.#databaseUrl.valueAsString);
  }

  connectRedis(service: ServiceFunction): void {
    service.function.addEnvironment("REDIS_URL", this.#redisUrl.valueAsString);
  }
}
