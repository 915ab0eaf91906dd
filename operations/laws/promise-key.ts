import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { PromiseKey } from "../../shared/domain/law.ts";
import { logOf } from "../../shared/domain/log-of.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { PROMISE_KEY_REQUEST, PromiseKeyAnswer } from "../../shared/messages/promise-key.ts";
import type { KnownLaw, LawChanges } from "../law-book/law-book.ts";
import { lawTimingOf, soonestMoment } from "../law-book/timing.ts";
import type { Servers } from "../servers.ts";
import { changeLaw } from "./change.ts";
import { jsonOf } from "./json-of.ts";
import { refuseForbidden } from "./refuse-forbidden.ts";

/** What naming a key needs of a stage. */
type PromiseServers = Pick<Servers, "lambda" | "laws" | "pool" | "output">;

/**
 * Asks `ingest` for the newest key of its secret. Nobody else reads that secret, because whoever has it can make
 * promises.
 *
 * @param servers those of a running stage
 * @throws Refusal when `ingest` does not say it
 */
export async function askForPromiseKey(servers: Pick<Servers, "lambda" | "output">): Promise<PromiseKeyAnswer> {
  const { FunctionError, Payload } = await servers.lambda.send(
    new InvokeCommand({
      FunctionName: servers.output("IngestFunctionName"),
      Payload: Buffer.from(JSON.stringify(PROMISE_KEY_REQUEST)),
    }),
  );
  const answer = FunctionError === undefined ? PromiseKeyAnswer.safeParse(jsonOf(Payload)) : undefined;
  if (answer?.success === true) return answer.data;
  throw new Refusal(
    "ingest did not say which key it signs promises with, so no law can name it. " +
      `Look at ${logOf("ingest")}, and repeat this command.`,
  );
}

/**
 * The key of a new law.
 *
 * @param answer of `ingest`
 * @param from when it begins
 */
export function promiseKeyOf({ version, public_key: publicKey }: PromiseKeyAnswer, from: Date): PromiseKey {
  return { version, publicKey, from: from.toISOString() };
}

/**
 * Refuses to change the promise key of a law that cannot have another one.
 *
 * @param law the law
 * @param now the present instant
 * @throws Refusal with the reason
 */
export function refuseToChangePromiseKey(law: KnownLaw, now: Date): void {
  if (law.form === undefined) {
    throw new Refusal(
      `${law.lawId} is a law without a form, and promises nothing to its voters. Its form is for life.`,
    );
  }
  refuseForbidden(law, "change_promise_key", now.getTime());
}

/**
 * Lets a law name the newest key of the secret of promises. `ingest` signs with it from the moment on at which every
 * `ingest` and every description knows it; until then, with the one before.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @returns the law as it stands then, and whether anything changed
 * @throws Refusal when it cannot have another one, or the secret has gone back
 */
export async function changePromiseKey(
  servers: PromiseServers,
  lawId: string,
): Promise<{ readonly law: KnownLaw; readonly changed: boolean }> {
  const timing = lawTimingOf(servers);
  const answer = await askForPromiseKey(servers);
  let changed = false;
  const law = await changeLaw(servers.laws, lawId, async (read): Promise<LawChanges | undefined> => {
    const now = await timing.now();
    refuseToChangePromiseKey(read, now);
    const { promiseKeys = [] } = read;
    const last = promiseKeys.at(-1);
    changed = last?.version !== answer.version || last.publicKey !== answer.public_key;
    if (!changed) return undefined;
    if (last !== undefined && answer.version < last.version) {
      throw new Refusal(
        `${lawId} signs with version ${last.version} of the secret of promises, and the secret has only version ` +
          `${answer.version}: it was put back. Restore its newest version, or votes on ${lawId} cannot be taken.`,
      );
    }
    const from = promiseKeys.length === 0 ? now : soonestMoment(timing, now);
    return { promiseKeys: [...promiseKeys, promiseKeyOf(answer, from)] };
  });
  return { law, changed };
}
