import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { MappingConsumer } from "../../operations/queues/consumer.ts";
import { queueState, queueUrl } from "../../operations/queues/depths.ts";
import { PostgresMarks } from "../../operations/roll/stores/postgres-marks.ts";
import type { Target } from "../../places/target.ts";
import { Health } from "../../shared/messages/responses.ts";
import { attempt, bad, type Check, good } from "./check.ts";

const MIGRATIONS = resolve(import.meta.dirname, "../../functions/migrate/migrations");
/** Time between the two looks at a queue that is not empty. */
const LOOK_AGAIN_MS = 2_500;

/**
 * Checks the services of a running stack and the queues between them.
 *
 * @param target a running stack
 */
export async function stackChecks(target: Target): Promise<readonly Check[]> {
  const restart = target.stage === "local" ? "npm run status, then stop and npm start" : "look at its alarms and logs";
  const checks = await Promise.all([
    attempt("API", restart, () => api(target)),
    attempt("PostgreSQL", restart, async () => {
      await target.pool.query("select 1");
      return good("PostgreSQL", "answers");
    }),
    attempt("Redis", restart, async () => {
      await target.redis.ping();
      return good("Redis", "answers");
    }),
    attempt("DynamoDB", restart, async () => {
      await target.laws.get("doctor");
      return good("DynamoDB", "answers");
    }),
    attempt("SQS", restart, async () => {
      const QueueUrl = queueUrl(target, "votes");
      await target.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
      return good("SQS", "answers");
    }),
    attempt("migrations", restart, () => migrations(target)),
    attempt("event source mappings", restart, () => mappings(target)),
    attempt("queues", restart, () => queues(target)),
    attempt("dead-letter queues", restart, () => deadLetters(target)),
  ]);
  return checks.flat();
}

async function api(target: Target): Promise<Check> {
  const base = target.address.apiUrl.replace(/\/$/, "");
  const answer = await fetch(`${base}/api/v1/health`, { signal: AbortSignal.timeout(6_000) });
  const health = Health.safeParse(await answer.json());
  if (!health.success) {
    return bad("API", `${base} answers ${answer.status}, but not like this API`, "is another program on this port?");
  }
  const { services, warnings = [], status } = health.data;
  const down = Object.entries(services).flatMap(([name, state]) => (state === "connected" ? [] : [name]));
  if (status === "healthy") return good("API", [`healthy at ${base}`, ...warnings].join("; "));
  return bad("API", `unhealthy: ${down.join(", ")} disconnected`, "npm run logs -- health says why");
}

async function migrations(target: Target): Promise<Check> {
  const files = (await readdir(MIGRATIONS))
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(/\.sql$/, ""));
  const { rows } = await target.pool.query<{ name: string }>("select name from schema_migrations");
  const applied = new Set(rows.map((row) => row.name));
  const missing = files.filter((name) => !applied.has(name));
  if (missing.length === 0) return good("migrations", `all ${files.length} applied`);
  const how = target.stage === "local" ? "stop and npm start, which migrates" : "deploy again, which migrates";
  return bad("migrations", `not applied: ${missing.join(", ")}`, how);
}

async function mappings(target: Target): Promise<Check> {
  const stopped: string[] = [];
  for (const [name, output] of [
    ["validate", "ValidateMappingId"],
    ["aggregate", "AggregateMappingId"],
  ] as const) {
    const state = await new MappingConsumer(target.lambda, target.output(output)).state();
    if (state !== "Enabled") stopped.push(`${name} is ${state.toLowerCase()}`);
  }
  if (stopped.length === 0) return good("event source mappings", "validate and aggregate are fed");
  const marks = new PostgresMarks(target.pool);
  const validate = new MappingConsumer(target.lambda, target.output("ValidateMappingId"));
  const note = await marks.pauseNote();
  const byWork =
    stopped.every((text) => text.startsWith("validate")) &&
    note !== undefined &&
    ((await marks.isAnyoneAtWork()) || note.mappingChangedAt === (await validate.lastChange()));
  return bad(
    "event source mappings",
    `${stopped.join(", ")}: votes wait`,
    !byWork
      ? "somebody disabled it by hand: enable it (aws lambda update-event-source-mapping --uuid ID --enabled) when that is over"
      : (await marks.isAnyoneAtWork())
        ? "a load or rebuild of a roll is under way, and lets it go on when it ends"
        : "a load or rebuild of a roll was killed: run it again, or npm run ops -- rebuild-roll --all",
  );
}

async function queues(target: Target): Promise<readonly Check[]> {
  const look = () => Promise.all([queueState(target, "votes"), queueState(target, "outcomes")]);
  const depth = (states: Awaited<ReturnType<typeof look>>) => states.map(({ waiting, underWay }) => waiting + underWay);
  const before = depth(await look());
  if (before.every((messages) => messages === 0)) return [good("queues", "empty")];
  await pause(LOOK_AGAIN_MS);
  const after = depth(await look());
  return (["votes", "outcomes"] as const).map((name, index) => {
    const [then = 0, now = 0] = [before[index], after[index]];
    if (then === 0 || now < then) return good(`${name} queue`, `${now} messages, draining`);
    const consumer = name === "votes" ? "validate" : "aggregate";
    return bad(
      `${name} queue`,
      `${now} messages, not fewer than ${LOOK_AGAIN_MS / 1000} s ago`,
      `under load this is ordinary; else see the other checks and npm run logs -- ${consumer}`,
    );
  });
}

async function deadLetters(target: Target): Promise<Check> {
  const found: string[] = [];
  for (const [name, queue] of [
    ["votes", "votesDeadLetters"],
    ["outcomes", "outcomesDeadLetters"],
  ] as const) {
    const { waiting, underWay } = await queueState(target, queue);
    if (waiting + underWay > 0) found.push(`${waiting + underWay} ${name}`);
  }
  if (found.length === 0) return good("dead-letter queues", "empty");
  return bad(
    "dead-letter queues",
    `${found.join(" and ")} wait for somebody to look`,
    "npm run logs -- validate (or aggregate) says why; then npm run ops -- redrive",
  );
}
