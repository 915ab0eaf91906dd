import { NotConfirmed, Refused, type Unconfirmed } from "./errors.ts";
import { descriptionIn, type LawDescription, lawIdOf } from "./law.ts";
import { type Answer, below, LAWS_PATH } from "./request.ts";
import { shouldRetry } from "./retry.mjs";
import { type Tries, tryUntilFinal } from "./tries.ts";

/**
 * Asks the API to describe a law.
 *
 * @param api the API's address
 * @param text the id of the law as the caller gave it; no other text is asked for
 * @param tries the time, and what is known of the vote that it is for
 * @throws Refused when there is no such law and the vote was never sent
 * @throws NotConfirmed when there is no answer in time, or the vote may have arrived before
 */
export async function describeLaw(
  api: string,
  text: string,
  { options, left, note }: Pick<Tries, "options" | "left"> & { readonly note: () => Unconfirmed },
): Promise<LawDescription> {
  const lawId = lawIdOf(text);
  // The API says what is wrong with the vote: no law has such an id, so there is no choice to keep secret.
  if (lawId === undefined) return { law_id: text };
  const isDescription = ({ status, body }: Answer) => status === 200 && body?.["law_id"] === lawId;
  const answer = await tryUntilFinal({
    url: below(api, `${LAWS_PATH}/${lawId}`),
    init: { method: "GET" },
    options,
    left,
    note,
    failure: "The API did not describe the law",
    isFinal: (latest) => isDescription(latest) || (latest.status !== 200 && !shouldRetry(latest.status)),
  });
  if (isDescription(answer)) return descriptionIn(lawId, answer.body ?? {});
  const refusal = new Refused(answer.status, answer.body);
  throw note().mayHaveArrived ? new NotConfirmed(`The API answered ${answer.status}`, note(), refusal) : refusal;
}
