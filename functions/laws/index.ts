import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { LAW_ID_PATTERN, type Law, lawState } from "../../shared/domain/law.ts";
import { logKeyText } from "../../shared/domain/log/note.ts";
import { describedPromiseKeys } from "../../shared/domain/promise.ts";
import { rehearsalMark } from "../../shared/domain/rehearsal.ts";
import { keyIdOf } from "../../shared/domain/sealing/key-id.ts";
import type { AllLaws, PublicLaw } from "../../shared/messages/responses.ts";
import { dynamoDbClient } from "../../shared/runtime/aws-clients.ts";
import { AnswerCache, answerOf, type CachedAnswer, cacheable } from "../../shared/runtime/cached-answers.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { httpHandler } from "../../shared/runtime/http.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";

export interface LawsServices {
  readonly laws: Pick<DynamoLawStore, "get" | "list">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Answers of the last seconds, of this execution environment. */
  readonly recent: AnswerCache;
  /** How old an answer may be: as long as `ingest` remembers a law, so that both say the same. */
  readonly lifetimeSeconds: number;
}

/** What API Gateway calls for `GET /api/v1/laws` and `GET /api/v1/laws/{law_id}`. */
export const handler = httpHandler(buildServices, handle);

/** Builds the services at a cold start. */
async function buildServices(): Promise<LawsServices> {
  const lifetimeSeconds = wholeNumber("LAW_CACHE_SECONDS", 0);
  return {
    laws: new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE")),
    now: Date.now,
    recent: new AnswerCache(lifetimeSeconds * 1_000, performance.now.bind(performance)),
    lifetimeSeconds,
  };
}

/** Handles one request. */
export async function handle(event: APIGatewayProxyEvent, services: LawsServices): Promise<APIGatewayProxyResult> {
  const lawId = event.pathParameters?.["law_id"];
  // No law has an empty id.
  const { answer, ageMs } = await services.recent.get(lawId ?? "", () =>
    lawId === undefined ? allLaws(services) : oneLaw(lawId, services),
  );
  if (answer === undefined) throw new ProblemError("no-such-law", { detail: "There is no law with this id." });
  return cacheable(event, answer, ageMs, services.lifetimeSeconds);
}

async function oneLaw(lawId: string, { laws, now }: LawsServices): Promise<CachedAnswer | undefined> {
  // DynamoDB refuses keys that are too long, which is no failure of a service.
  const law = LAW_ID_PATTERN.test(lawId) ? await laws.get(lawId) : undefined;
  return law && answerOf(publicly(law, now()));
}

async function allLaws({ laws, now }: LawsServices): Promise<CachedAnswer> {
  const all: AllLaws = { laws: (await laws.list()).map((law) => publicly(law, now())) };
  return answerOf(all);
}

function publicly(law: Law, nowMs: number): PublicLaw {
  return {
    law_id: law.lawId,
    ...rehearsalMark(law.lawId),
    title: { fr: law.titles?.fr ?? law.title, en: law.titles?.en ?? law.title },
    opens_at: law.opensAt,
    closes_at: law.closesAt ?? null,
    state: lawState(law, nowMs),
    codes: law.codes ?? "any",
    results: law.results ?? "live",
    form: law.form ?? "open",
    ...(law.origin === undefined ? {} : { origin: law.origin }),
    ...checkable(law),
    ...(law.form === "sealed" ? sealing(law) : {}),
  };
}

/** What the promises and the log of a law with a form are checked with. */
function checkable({ promiseKeys, origin, logKey }: Law): Pick<PublicLaw, "promise_keys" | "log"> {
  return {
    ...(promiseKeys === undefined ? {} : { promise_keys: describedPromiseKeys(promiseKeys) }),
    ...(origin === undefined || logKey === undefined ? {} : { log: { origin, key: logKeyText(origin, logKey) } }),
  };
}

/** What voters, and trustees who compare keys, need of a sealed law. */
function sealing({ trustees, proof = "none" }: Law): Partial<PublicLaw> {
  const keys = trustees && {
    election_key: trustees.electionKey,
    key_id: keyIdOf(Buffer.from(trustees.electionKey, "base64url")).toString("hex"),
    signing_key: trustees.signingKey,
    threshold: trustees.threshold,
    trustees: trustees.trustees,
  };
  return { ...keys, proof };
}
