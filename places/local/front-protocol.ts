import type { RedisUser } from "../../shared/domain/redis-users.ts";

/** Ports of one stack on 127.0.0.1. */
export interface Ports {
  /** The voters' API and pages. */
  readonly api: number;
  /** The operators' API. */
  readonly operators: number;
  readonly aws: number;
  readonly sqs: number;
  readonly dynamodb: number;
  readonly s3: number;
  readonly redis: number;
  readonly postgres: number;
}

/** The supervisor's message to the front at its start. */
export interface FrontConfig {
  readonly dataDir: string;
  readonly assemblyDirectory: string;
  readonly stackName: string;
  readonly ports: Ports;
  /** The address for operators, without restrictions. */
  readonly redisUrl: string;
  /** The addresses for the functions that use it, each with a different user. */
  readonly functionsRedisUrls: Readonly<Record<RedisUser, string>>;
  readonly postgresUrl: string;
  readonly queueStorage: "disk" | "memory";
}

/** Processes that the supervisor watches, by name. */
export type ServicePids = Readonly<Record<string, number | undefined>>;

export type ToFront =
  | { readonly type: "config"; readonly config: FrontConfig }
  | { readonly type: "pids"; readonly pids: ServicePids }
  | { readonly type: "stop" };

export type FromFront =
  | {
      readonly type: "started";
      readonly outputs: Readonly<Record<string, string>>;
      readonly functions: Readonly<Record<string, number[]>>;
    }
  | { readonly type: "failed"; readonly message: string };
