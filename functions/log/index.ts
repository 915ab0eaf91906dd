import type { Context } from "aws-lambda";
import { keepLogs, type LogKeeping, LogMarks } from "../../operations/log/keep-logs.ts";
import { LogStopped } from "../../operations/log/log-stopped.ts";
import type { LoggedLaw } from "../../operations/log/ports.ts";
import { PostgresLog } from "../../operations/log/postgres-log.ts";
import { answerRestore } from "../../operations/log/restore-log.ts";
import type { NoteSigner } from "../../shared/domain/log/note.ts";
import {
  type LogKeyAnswer,
  type LogRestoreAnswer,
  type LogRunAnswer,
  readLogRequest,
} from "../../shared/messages/log-request.ts";
import { s3Client } from "../../shared/runtime/aws-clients.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { type LogKeys, logKeys } from "../../shared/runtime/log-keys.ts";
import { publishLogs } from "../../shared/runtime/metrics.ts";
import { once } from "../../shared/runtime/once.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { S3ObjectStore } from "../../shared/stores/objects.ts";

/** How long a log is brought back for whoever waits for the answer; the last epoch takes a few seconds more. */
const RESTORE_MS = 6_000;
/** What is left of the time limit when no other epoch is begun. A large one takes a few seconds. */
const RESERVE_MS = 20_000;

/** What the function needs. */
interface LogServices {
  readonly keys: LogKeys;
  readonly keeping: LogKeeping;
}

type LogAnswer = LogKeyAnswer | LogRunAnswer | LogRestoreAnswer;

const services = once(buildServices);

/**
 * The handler: on its schedule, it brings what waits into the logs of all laws; asked for a law, into that one; it says
 * which key signs the logs of new laws; and it brings logs back of which PostgreSQL was restored to an earlier moment.
 */
export const handler = async (event: unknown, context: Context): Promise<LogAnswer | null> =>
  handle(event, await services(), () => context.getRemainingTimeInMillis() < RESERVE_MS);

/** Builds the services at a cold start. */
async function buildServices(): Promise<LogServices> {
  const keys = logKeys();
  const intervalMs = wholeNumber("LOG_LOOK_SECONDS", 60) * 1_000;
  return {
    keys,
    keeping: {
      ports: {
        database: new PostgresLog(databasePool()),
        objects: new S3ObjectStore(s3Client(), required("LOG_BUCKET")),
        signerOf: (law) => signerOf(keys, law),
      },
      rules: { minimumSubmissions: wholeNumber("LOG_MINIMUM_SUBMISSIONS", 1_000) },
      marks: new LogMarks(intervalMs, performance.now.bind(performance)),
      onError: (lawId, error) => log.error("a log could not be continued", { law_id: lawId, cause: describe(error) }),
      onStopped: (lawId, stopped) =>
        log.error("a log is not continued before somebody has looked at it", {
          law_id: lawId,
          reason: stopped.reason,
          message: stopped.message,
        }),
      onPublished: (lawId, { epochs, size }) => log.info("a log was continued", { law_id: lawId, epochs, size }),
    },
  };
}

async function signerOf(keys: LogKeys, { lawId, origin, key }: LoggedLaw): Promise<NoteSigner> {
  const signer = await keys.signer(origin, key);
  if (signer !== undefined) return signer;
  throw new LogStopped(
    "key_missing",
    `The law ${lawId} names the key ${key} for its log, and this stage does not have it. Nothing more is published ` +
      "until the key is back: a log has one key for its life.",
  );
}

/** Handles one event. */
export async function handle(
  event: unknown,
  { keys, keeping }: LogServices,
  isOver: () => boolean,
): Promise<LogAnswer | null> {
  const request = readLogRequest(event);
  if (request !== undefined && "ask" in request) return { public_key: await keys.current() };
  if (request !== undefined && "restore" in request) return restored(keeping, request.restore);
  const kept = await keepLogs(keeping, request?.law_id, isOver);
  publishLogs(kept);
  if (request !== undefined && kept.failed === 0) {
    return { outcome: kept.run?.outcome ?? "no_log", stopped: kept.run?.stopped?.message ?? null };
  }
  // Only then: the other laws are done, and the alarm on errors tells of it.
  if (kept.failed > 0) throw new Error(`${kept.failed} logs could not be continued; the lines before say why`);
  return null;
}

async function restored({ ports }: LogKeeping, lawId: string): Promise<LogRestoreAnswer> {
  const until = performance.now() + RESTORE_MS;
  const answer = await answerRestore(ports, lawId, () => performance.now() > until);
  log.info("a log was asked to be brought back", { law_id: lawId, ...answer });
  return answer;
}
