import { setTimeout as pause } from "node:timers/promises";
import { StackSampler } from "../../load/run/sampler.ts";
import { MappingConsumer } from "../../operations/queues/consumer.ts";
import { queueUrl } from "../../operations/queues/depths.ts";
import type { Target } from "../../places/target.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { UserError } from "../../terminal/errors.ts";
import { checkAccepted } from "./ledger.ts";
import { type Measurement, type Round, summarize } from "./measure.ts";
import { chunked, requestIdOf } from "./votes.ts";

const DEADLINE_MS = 300_000;
const MAPPINGS = ["ValidateMappingId", "AggregateMappingId"] as const;

/**
 * Measures everything after acceptance. It puts accepted votes on the votes queue while validate is disabled, lets
 * validate and aggregate begin, and waits until all are counted. The ledger is checked with every request id.
 *
 * @param target a running local stack
 * @param lawId the law
 * @param rounds for each round, messages of votes whose voters have not voted
 * @throws UserError when the ledger is not clean
 */
export async function benchSecondHalf(
  target: Target,
  lawId: string,
  rounds: readonly (readonly string[])[],
): Promise<Measurement> {
  const measured: Round[] = [];
  const votes = new SqsQueue(target.sqs, queueUrl(target, "votes"), (error) => {
    throw error;
  });
  for (const bodies of rounds) {
    await setMappings(target, false);
    for (const part of chunked(bodies, 500)) {
      if ((await votes.sendAll(part)).includes(false)) throw new UserError("The queue did not confirm every vote.");
    }
    const sampler = new StackSampler(target, lawId, () => []);
    const before = await sampler.sample();
    const startedMs = performance.now();
    await setMappings(target, true);
    const deadline = Date.now() + DEADLINE_MS;
    let now = before;
    while (now.counted - before.counted < bodies.length && Date.now() < deadline) {
      await pause(100);
      now = await sampler.sample();
    }
    const seconds = (performance.now() - startedMs) / 1_000;
    // Receipts and deletions come after the count; their CPU belongs to it.
    while (now.votesQueue + now.outcomesQueue > 0 && Date.now() < deadline) {
      await pause(100);
      now = await sampler.sample();
    }
    const cpuMs = Object.keys(now.usage).reduce(
      (sum, name) => sum + (now.usage[name]?.cpuMs ?? 0) - (before.usage[name]?.cpuMs ?? 0),
      0,
    );
    measured.push({ seconds, cpuMs });
    await checkAccepted(target, lawId, bodies.map(requestIdOf));
  }
  return summarize("second half: validate and aggregate from the queue", rounds[0]?.length ?? 0, measured);
}

async function setMappings(target: Target, enabled: boolean): Promise<void> {
  for (const output of MAPPINGS) {
    const consumer = new MappingConsumer(target.lambda, target.output(output));
    await (enabled ? consumer.resume() : consumer.pause());
  }
}
