import { watchStage } from "../../shared/messages/operators/watch.ts";
import { lookAtMappings } from "../stage/mappings.ts";
import { lookAtServices } from "../stage/services.ts";
import { watchLaws } from "../stage/watched-laws.ts";
import { latestEntries } from "./journal.ts";
import { proposals } from "./proposals.ts";
import { depthsOf } from "./queue-acts.ts";
import { codeOf } from "./services.ts";

/** How long each service may take to answer: whoever watches asks again in a few seconds. */
const ANSWER_MS = 2_000;
/** Entries of the journal that fit on a page with the rest. */
const MOST_ENTRIES = 15;

/** What a stage can say of itself, whichever of its services does not answer. */
export const watchStageCode = codeOf(watchStage, {
  step: async ({ servers, operator, services: { release, twoPeople } }) => {
    const services = await lookAtServices(servers, ANSWER_MS);
    const { postgresql, redis, dynamodb, sqs, lambda } = services;
    const now = new Date();
    const known = { postgresql: postgresql.answers, redis: redis.answers };
    const result = {
      now: now.toISOString(),
      release,
      two_people: twoPeople,
      operator: { name: operator.name, pinned: operator.isPinned },
      services,
      mappings: lambda.answers ? await lookAtMappings(servers, postgresql.answers) : null,
      queues: sqs.answers ? { depths: await depthsOf(servers), approximate: servers.distributed } : null,
      laws: dynamodb.answers ? await watchLaws(servers, known, now) : null,
      proposals: postgresql.answers ? await proposals(servers.pool, { all: false }) : null,
      entries: postgresql.answers ? await latestEntries(servers.pool, MOST_ENTRIES) : null,
    };
    return { done: true, result };
  },
});
