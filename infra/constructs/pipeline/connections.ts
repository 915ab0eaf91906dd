import { CfnParameter } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { forEachRedisUser, type RedisUser } from "../../../shared/domain/redis-users.ts";
import type { FunctionName } from "../../functions.ts";
import { redisUrlParameter } from "../../parameters.ts";
import { ADMINISTRATOR, DATABASE_NAME, type Database, type FUNCTION_ROLES } from "../data/database.ts";
import { grantDatabaseLogin, grantSecretRead } from "../data/grants.ts";
import { type Network, POSTGRES_PORT } from "../data/network.ts";
import type { RollCache } from "../data/roll-cache.ts";
import type { Placement, ServiceFunction } from "../lambda/service-function.ts";

/** The roles of functions in PostgreSQL: those of the migrations, and the master user who makes them. */
export type DatabaseRole = (typeof FUNCTION_ROLES)[number] | "migrator";

/** How functions reach Redis and PostgreSQL: by address here, by network, roles and secrets in an AWS account. */
export interface Connections {
  /**
   * Where a function runs.
   *
   * @returns undefined: outside of any VPC
   */
  placementOf(name: FunctionName): Placement | undefined;
  /**
   * Lets a function use PostgreSQL, as environment and as permission.
   *
   * @param service the function
   * @param role who it is inside the database
   */
  connectDatabase(service: ServiceFunction, role: DatabaseRole): void;
  /**
   * Lets a function use Redis, as environment and as permission.
   *
   * @param service the function
   * @param user who it is inside Redis (shared/domain/redis-users.ts)
   */
  connectRedis(service: ServiceFunction, user: RedisUser): void;
}

/** Addresses given at deployment, for servers that run beside the stack: the stages local and localstack. */
export class ParameterConnections implements Connections {
  readonly #redisUrls: Readonly<Record<RedisUser, CfnParameter>>;
  readonly #databaseUrl: CfnParameter;

  constructor(scope: Construct) {
    this.#redisUrls = forEachRedisUser(
      (user) =>
        new CfnParameter(scope, redisUrlParameter(user), {
          description: `Where Redis answers ${user}: redis://user:password@host:port`,
          default: "redis://127.0.0.1:6379",
          noEcho: true,
        }),
    );
    this.#databaseUrl = new CfnParameter(scope, "DatabaseUrl", {
      description: "Where PostgreSQL answers: postgresql://user:password@host:port/database",
      default: "postgresql://election_user@127.0.0.1:5432/election_db",
      noEcho: true,
    });
  }

  placementOf(): undefined {
    return undefined;
  }

  connectDatabase(service: ServiceFunction, role: DatabaseRole): void {
    service.function.addEnvironment("DATABASE_URL", this.#databaseUrl.valueAsString);
    if (role !== "migrator") service.function.addEnvironment("DATABASE_ROLE", role);
  }

  connectRedis(service: ServiceFunction, user: RedisUser): void {
    service.function.addEnvironment("REDIS_URL", this.#redisUrls[user].valueAsString);
  }
}

/** The functions that have a security group, because they reach Redis or PostgreSQL. */
const IN_NETWORK = ["validate", "aggregate", "results", "health", "log", "operate", "roll", "migrate"] as const;

/** What outlives a deployment, as far as functions connect to it. */
export interface DataServers {
  readonly database: Database;
  readonly rollCache: RollCache;
  readonly encryptionKey: IKey;
}

/** ElastiCache with its password from a secret, PostgreSQL through its proxy with tokens of IAM. */
export class NetworkConnections implements Connections {
  readonly #network: Network;
  readonly #data: DataServers;

  constructor(network: Network, data: DataServers) {
    this.#network = network;
    this.#data = data;
  }

  placementOf(name: FunctionName): Placement | undefined {
    const member = IN_NETWORK.find((inNetwork) => inNetwork === name);
    if (member === undefined) return undefined;
    return {
      vpc: this.#network.vpc,
      vpcSubnets: { subnetGroupName: "functions" },
      securityGroups: [this.#network.groups[member]],
    };
  }

  connectDatabase(service: ServiceFunction, role: DatabaseRole): void {
    const { instance, proxy } = this.#data.database;
    const environment = { DATABASE_PORT: String(POSTGRES_PORT), DATABASE_NAME };
    for (const [key, value] of Object.entries(environment)) service.function.addEnvironment(key, value);
    if (role === "migrator") {
      // Straight to the instance: the proxy knows only the functions' roles. By token, but for the first time.
      const { secret } = instance;
      if (secret === undefined) throw new Error("the database has no master secret");
      service.function.addEnvironment("DATABASE_HOST", instance.dbInstanceEndpointAddress);
      service.function.addEnvironment("DATABASE_USER", ADMINISTRATOR);
      service.function.addEnvironment("DATABASE_ADMIN_SECRET_ARN", secret.secretArn);
      grantSecretRead(service.role, secret, this.#data.encryptionKey);
      // PostgreSQL makes whoever creates the functions' roles a member of rds_iam; from then on only a token is taken.
      grantDatabaseLogin(service.role, ADMINISTRATOR);
      return;
    }
    service.function.addEnvironment("DATABASE_HOST", proxy.endpoint);
    service.function.addEnvironment("DATABASE_USER", role);
    service.function.addEnvironment("DATABASE_AUTH", "iam");
    proxy.grantConnect(service.role, role);
  }

  connectRedis(service: ServiceFunction, user: RedisUser): void {
    const { rollCache } = this.#data;
    const password = rollCache.passwords[user];
    service.function.addEnvironment("REDIS_URL", rollCache.url);
    service.function.addEnvironment("REDIS_USER", user);
    service.function.addEnvironment("REDIS_AUTH_SECRET_ARN", password.secretArn);
    grantSecretRead(service.role, password, this.#data.encryptionKey);
  }
}
