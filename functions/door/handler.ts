import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { EncryptedArchive } from "../../operations/archive/archive.ts";
import { answerCall } from "../../operations/door/answer-call.ts";
import type { DoorAct, DoorServices } from "../../operations/door/services.ts";
import type { Servers } from "../../operations/servers.ts";
import { claimedOperator, type Operator, operatorByArn } from "../../shared/domain/operator.ts";
import { Busy, Refusal, type RefusalCode } from "../../shared/domain/refusal.ts";
import { ACT_GROUPS, type ActGroup } from "../../shared/messages/operators/define-act.ts";
import { s3Client, secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { headerValues, httpHandler, json } from "../../shared/runtime/http.ts";
import { KeyRing } from "../../shared/runtime/key-ring.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { once } from "../../shared/runtime/once.ts";
import { ProblemError, type ProblemName } from "../../shared/runtime/problem.ts";
import { S3ObjectStore } from "../../shared/stores/objects.ts";
import { functionServers } from "./servers.ts";

/** The header in which a client says who calls, on the stages where nobody proves it. */
const CLAIM_HEADER = "x-operator";

/** What of a request tells who calls. */
export interface OperatorEvent extends Pick<APIGatewayProxyEvent, "headers" | "multiValueHeaders"> {
  readonly requestContext: { readonly identity: { readonly userArn: string | null } };
}

export interface HandlerServices extends DoorServices {
  readonly identify: (event: OperatorEvent) => Operator | undefined;
}

/** The keys that a function may read: of voters, or of messages that are set aside and of outcomes. */
interface DoorKeys {
  readonly voters?: Servers["keys"];
  readonly setAside?: DoorServices["setAsideKeys"];
  readonly outcomes?: DoorServices["outcomeKeys"];
}

/** The keys of the archive, which both functions read. */
const archiveKeys = once(() => {
  const secrets = { archive: required("ARCHIVE_KEY_SECRET_ARN") };
  return KeyRing.load(secretsManagerClient(), secrets, performance.now.bind(performance));
});

/** What EventBridge sends (User Guide, "Events from AWS services"); a request of the API has no source. */
interface TimedEvent {
  readonly source: "aws.events";
}

/**
 * The handler of a function of the operators' API.
 *
 * @param acts the acts that it answers
 * @param keys the keys that it may read
 * @param onSchedule what it does when its schedule calls it, instead of answering a request
 */
export function doorHandler(
  acts: readonly DoorAct[],
  keys: DoorKeys,
  onSchedule: (services: () => Promise<DoorServices>) => Promise<void> = neverScheduled,
) {
  const services = once(() => buildServices(keys));
  const answer = httpHandler(services, (event, built) => handle(event, built, acts));
  return async (event: APIGatewayProxyEvent | TimedEvent, context: Context): Promise<APIGatewayProxyResult | null> => {
    if (!("source" in event)) return answer(event, context);
    await onSchedule(services);
    return null;
  };
}

async function neverScheduled(): Promise<never> {
  throw new Error("this function has no schedule");
}

/** Builds the services at a cold start. */
async function buildServices({
  voters = noKeys,
  setAside = noKeys,
  outcomes = { holding: noKeys },
}: DoorKeys): Promise<HandlerServices> {
  return {
    servers: await functionServers(voters),
    setAsideKeys: setAside,
    outcomeKeys: outcomes,
    archive: new EncryptedArchive(new S3ObjectStore(s3Client(), required("ARCHIVE_BUCKET")), archiveKeys),
    twoPeople: required("TWO_PEOPLE") === "true",
    proposalHours: Number(required("PROPOSAL_HOURS")),
    release: required("RELEASE"),
    onWithoutJournal: (error) =>
      log.error("an act was done without an entry in the journal", { cause: describe(error) }),
    identify: identification(),
  };
}

/**
 * Who calls, by the environment: `OPERATOR_IDENTITY` is `iam`, where API Gateway has checked it, or `claimed`, where
 * the caller's word is taken. `PINNED_ROLES` are the roles whose trust policies fix the session's name.
 *
 * @returns finds the caller of a request; undefined when the caller has no name
 */
export function identification(): HandlerServices["identify"] {
  const pinnedRoles = (process.env["PINNED_ROLES"] ?? "").split(" ").filter((role) => role !== "");
  const identity = required("OPERATOR_IDENTITY");
  if (identity !== "iam" && identity !== "claimed") throw new Error("OPERATOR_IDENTITY must be iam or claimed");
  return (event) =>
    identity === "iam"
      ? operatorByArn(event.requestContext.identity.userArn, pinnedRoles)
      : claimedOperator(headerValues(event, CLAIM_HEADER)[0]);
}

/** API Gateway lets more through: up to 10 MB, of which Lambda takes 6. */
const MOST_BODY_BYTES = 4 * 2 ** 20;

/** Each of the two functions has keys that the other must not have. */
async function noKeys(): Promise<never> {
  throw new Error("this function may not read these keys");
}

/** Handles one request. */
export async function handle(
  event: APIGatewayProxyEvent,
  services: HandlerServices,
  acts: readonly DoorAct[],
): Promise<APIGatewayProxyResult> {
  const operator = services.identify(event);
  if (operator === undefined) {
    throw new ProblemError("not-identified", {
      detail: "The caller has no name: call as a session of one of the stage's roles for people.",
    });
  }
  const { group, name } = pathOf(event);
  try {
    const answer = await answerCall(services, acts, { group, name, body: bodyOf(event), operator });
    return json("proposal" in answer ? 202 : 200, answer);
  } catch (error) {
    if (error instanceof Refusal) throw problemOf(error);
    if (error instanceof Busy) throw busyProblem(error);
    throw error;
  }
}

function pathOf(event: APIGatewayProxyEvent): { readonly group: ActGroup; readonly name: string } {
  const [group = "", name = ""] = event.path.split("/").slice(-2);
  if (!isGroup(group)) throw new ProblemError("not-found", { detail: `There is no act ${group}/${name}.` });
  return { group, name };
}

function isGroup(text: string): text is ActGroup {
  return Object.hasOwn(ACT_GROUPS, text);
}

function bodyOf({ body }: APIGatewayProxyEvent): unknown {
  const text = body ?? "";
  if (Buffer.byteLength(text) > MOST_BODY_BYTES) {
    throw new ProblemError("body-too-large", { detail: "A request has at most 4 MB." });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError("malformed-request", { detail: "The body is not JSON." });
  }
}

const PROBLEM_OF: Readonly<Partial<Record<RefusalCode, ProblemName>>> = {
  no_such_act: "not-found",
  no_such_law: "no-such-law",
  no_such_proposal: "not-found",
  invalid_request: "malformed-request",
  same_person: "not-allowed",
  identity_not_pinned: "not-allowed",
};

/** After how many seconds whoever was told to wait asks again. */
const BUSY_SECONDS = 1;

function busyProblem({ message }: Busy): ProblemError {
  return new ProblemError("temporarily-unavailable", {
    detail: message,
    extensions: { code: "busy" },
    headers: { "retry-after": String(BUSY_SECONDS) },
  });
}

/** A refusal as an answer: the client makes the same refusal of it again, and adds the next step. */
function problemOf({ message, code, subject }: Refusal): ProblemError {
  return new ProblemError(code === undefined ? "refused" : (PROBLEM_OF[code] ?? "refused"), {
    detail: message,
    extensions: { ...(code === undefined ? {} : { code }), ...(subject === undefined ? {} : { subject }) },
  });
}
