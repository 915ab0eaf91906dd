import * as messages from "../../shared/messages/operators/stage.ts";
import { rolledLaws } from "../roll/count.ts";
import type { Servers } from "../servers.ts";
import { lookAtLaw } from "../stage/laws.ts";
import { lookAtMappings } from "../stage/mappings.ts";
import { lookAtServices } from "../stage/services.ts";
import { depthsOf } from "./queue-acts.ts";
import { codeOf } from "./services.ts";

/** A stage says what it can of itself, whichever of its services does not answer. */
export const stageCode = codeOf(messages.stage, {
  step: async ({ servers, services: { release, twoPeople }, deadline }, _, cursor) => {
    const services = await lookAtServices(servers);
    const { postgresql, redis, dynamodb, sqs, lambda } = services;
    const known = { postgresql: postgresql.answers, redis: redis.answers };
    const laws = [...(cursor?.laws ?? [])];
    const left = dynamodb.answers ? [...(cursor?.left ?? (await lawIds(servers, postgresql.answers)))] : [];
    do {
      const lawId = left.shift();
      if (lawId === undefined) break;
      // Without PostgreSQL, what voters see is all that is known.
      const law = await (known.postgresql ? servers.laws : servers.laws.items).get(lawId);
      laws.push(await lookAtLaw(servers, lawId, law, known));
    } while (performance.now() < deadline);
    if (left.length > 0) {
      const progress = { label: "rolls counted", done: laws.length, total: laws.length + left.length };
      return { done: false, cursor: { left, laws }, progress };
    }
    const result = {
      release,
      two_people: twoPeople,
      services,
      migrations: postgresql.answers ? await appliedMigrations(servers) : null,
      mappings: lambda.answers ? await lookAtMappings(servers, postgresql.answers) : null,
      queues: sqs.answers ? { depths: await depthsOf(servers), approximate: servers.distributed } : null,
      laws: dynamodb.answers ? laws : null,
    };
    return { done: true, result };
  },
});

/** Every law, and every roll without one where PostgreSQL tells them. */
async function lawIds(servers: Servers, knowsRolls: boolean): Promise<readonly string[]> {
  return knowsRolls ? rolledLaws(servers) : (await servers.laws.items.list()).map(({ lawId }) => lawId).sort();
}

async function appliedMigrations({ pool }: Servers): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>("select name from schema_migrations order by id");
  return rows.map(({ name }) => name);
}
