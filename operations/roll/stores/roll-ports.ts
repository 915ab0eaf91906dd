import { MappingConsumer } from "../../queues/consumer.ts";
import type { Servers } from "../../servers.ts";
import type { RollPorts } from "./ports.ts";
import { PostgresMarks } from "./postgres-marks.ts";
import { PostgresRoll } from "./postgres-roll.ts";
import { RedisRoll } from "./redis-roll.ts";

/** The stores that changing a roll needs, as they are. */
export interface RollServers extends RollPorts {
  readonly database: PostgresRoll;
  readonly marks: PostgresMarks;
  readonly cache: RedisRoll;
  readonly consumer: MappingConsumer;
}

/**
 * The stores that changing a roll needs.
 *
 * @param servers those of a running stage
 */
export function rollPorts(servers: Servers): RollServers {
  return {
    database: new PostgresRoll(servers.pool),
    marks: new PostgresMarks(servers.pool),
    cache: new RedisRoll(servers.redis),
    consumer: new MappingConsumer(servers.lambda, servers.output("ValidateMappingId")),
  };
}
