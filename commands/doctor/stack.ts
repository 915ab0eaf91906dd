import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { z } from "zod";
import type { FoundOperators } from "../../places/find-operators.ts";
import { logOf } from "../../shared/domain/log-of.ts";
import { type Depths, queueDepths } from "../../shared/messages/operators/queues.ts";
import type { ServiceLook, stage } from "../../shared/messages/operators/stage.ts";
import { Health } from "../../shared/messages/responses.ts";
import { attempt, bad, type Check, good } from "./check.ts";

/** What a stage has said of itself. */
export type Stage = z.output<typeof stage.result>;

const MIGRATIONS = resolve(import.meta.dirname, "../../functions/migrate/migrations");
/** Time between the two looks at a queue that is not empty. */
const LOOK_AGAIN_MS = 2_500;

const SERVICES = {
  postgresql: "PostgreSQL",
  redis: "Redis",
  dynamodb: "DynamoDB",
  sqs: "SQS",
  lambda: "Lambda",
} as const;

/**
 * What to do about a service that does not answer.
 *
 * @param stageName the stage
 */
export function restartOf(stageName: FoundOperators["stage"]): string {
  return stageName === "local" ? "npm run status, then stop and npm start" : "look at its alarms and logs";
}

/**
 * Asks the voters' API how it is.
 *
 * @param found the stage
 */
export function apiCheck({ apiUrl, stage: stageName }: FoundOperators): Promise<readonly Check[]> {
  return attempt("API", restartOf(stageName), async () => {
    const base = apiUrl.replace(/\/$/, "");
    const answer = await fetch(`${base}/api/v1/health`, { signal: AbortSignal.timeout(6_000) });
    const health = Health.safeParse(await answer.json());
    if (!health.success) {
      return bad("API", `${base} answers ${answer.status}, but not like this API`, "is another program on this port?");
    }
    const { services, warnings = [], status } = health.data;
    const down = Object.entries(services).flatMap(([name, state]) => (state === "connected" ? [] : [name]));
    if (status === "healthy") return good("API", [`healthy at ${base}`, ...warnings].join("; "));
    return bad("API", `unhealthy: ${down.join(", ")} disconnected`, `${logOf("health")} says why`);
  });
}

/**
 * Judges what a stage says of its services and the queues between them. A queue that is not empty is looked at again.
 *
 * @param found the stage
 * @param said what it has said
 */
export async function stackChecks(found: FoundOperators, said: Stage): Promise<readonly Check[]> {
  const restart = restartOf(found.stage);
  const services = Object.entries(SERVICES).map(([key, name]) =>
    serviceCheck(name, said.services[key as keyof typeof SERVICES], restart),
  );
  return [
    ...services,
    ...(await attempt("migrations", restart, () => migrations(said, found.stage))),
    ...(said.mappings === null ? [] : [mappings(said.mappings)]),
    ...(said.queues === null
      ? []
      : [
          ...(await attempt("queues", restart, () => queues(found, said.queues?.depths))),
          deadLetters(said.queues.depths),
        ]),
  ];
}

function serviceCheck(name: string, { answers, milliseconds, error }: ServiceLook, restart: string): Check {
  if (answers) return good(name, `answers within ${Math.max(1, Math.ceil(milliseconds))} ms`);
  return bad(name, `does not answer (${error ?? "no reason given"})`, restart);
}

async function migrations({ migrations: applied }: Stage, stageName: string): Promise<readonly Check[]> {
  if (applied === null) return [];
  const files = (await readdir(MIGRATIONS))
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(/\.sql$/, ""));
  const missing = files.filter((name) => !applied.includes(name));
  if (missing.length === 0) return [good("migrations", `all ${files.length} applied`)];
  const how = stageName === "local" ? "stop and npm start, which migrates" : "deploy again, which migrates";
  return [bad("migrations", `not applied: ${missing.join(", ")}`, how)];
}

const WHY_PAUSED = {
  roll_work: "a rebuild of a roll is under way, and lets it go on when it ends",
  ended_roll_work: "a rebuild of a roll was killed: run it again, or npm run ops -- rebuild-roll --all",
  somebody:
    "somebody disabled it by hand: enable it (aws lambda update-event-source-mapping --uuid ID --enabled) when that is over",
} as const;

function mappings(said: NonNullable<Stage["mappings"]>): Check {
  const name = "event source mappings";
  const stopped = (["validate", "aggregate"] as const).filter((one) => said[one].state !== "Enabled");
  if (stopped.length === 0) return good(name, "validate and aggregate are fed");
  const states = stopped.map((one) => `${one} is ${said[one].state.toLowerCase()}`);
  const causes = new Set(stopped.map((one) => said[one].paused_by));
  const cause = causes.has("somebody") || causes.has(null) ? "somebody" : ([...causes][0] ?? "somebody");
  return bad(name, `${states.join(", ")}: votes wait`, WHY_PAUSED[cause]);
}

const total = ({ waiting, under_way }: Depths["votes"]) => waiting + under_way;

async function queues({ api }: FoundOperators, before: Depths | undefined): Promise<readonly Check[]> {
  if (before === undefined) return [];
  if (total(before.votes) + total(before.outcomes) === 0) return [good("queues", "empty")];
  await pause(LOOK_AGAIN_MS);
  const { depths: after } = await api.look(queueDepths, {});
  return (["votes", "outcomes"] as const).map((name) => {
    const [then, now] = [total(before[name]), total(after[name])];
    if (then === 0 || now < then) return good(`${name} queue`, `${now} messages, draining`);
    const consumer = name === "votes" ? "validate" : "aggregate";
    return bad(
      `${name} queue`,
      `${now} messages, not fewer than ${LOOK_AGAIN_MS / 1000} s ago`,
      `under load this is ordinary; else see the other checks and ${logOf(consumer)}`,
    );
  });
}

function deadLetters(depths: Depths): Check {
  const found = (["votes", "outcomes"] as const).flatMap((name) => {
    const messages = total(depths[`${name}_dead_letters`]);
    return messages === 0 ? [] : [`${messages} ${name}`];
  });
  if (found.length === 0) return good("dead-letter queues", "empty");
  return bad(
    "dead-letter queues",
    `${found.join(" and ")} wait for somebody to look`,
    `${logOf("validate")}, or that of aggregate, says why; then npm run ops -- redrive. Duplicates that come back after ` +
      "that: npm run ops -- settle LAW. What nothing can read: npm run ops -- set-aside",
  );
}
