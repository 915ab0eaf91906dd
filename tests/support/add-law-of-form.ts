import { randomBytes } from "node:crypto";
import { askForLogKey } from "../../operations/laws/log-function.ts";
import { askForPromiseKey, promiseKeyOf } from "../../operations/laws/promise-key.ts";
import type { Servers } from "../../operations/servers.ts";
import type { Law, LawForm } from "../../shared/domain/law.ts";
import { type ElectionKeys, electionKeys } from "../../shared/domain/sealing/election-keys.ts";

/** A draft of a law with a form, and the trustees' secret keys if it is sealed. */
export interface LawOfForm {
  readonly law: Law;
  readonly keys: ElectionKeys;
}

/**
 * Adds the draft of a law with a form, without the acts of operators and trustees: its keys are made here, and count as
 * tested. Sealing its roll makes it ready.
 *
 * @param servers those of a stack
 * @param lawId the law
 * @param form its form
 * @param more the secret of the trustees, and other fields of the law
 */
export async function addLawOfForm(
  servers: Servers,
  lawId: string,
  form: LawForm,
  { secret = randomBytes(32), ...changes }: Partial<Law> & { readonly secret?: Uint8Array } = {},
): Promise<LawOfForm> {
  const keys = electionKeys(secret);
  const trustees = {
    electionKey: keys.election.publicKey.toString("base64url"),
    signingKey: keys.signing.publicKey.toString("base64url"),
    splitId: randomBytes(16).toString("hex"),
    threshold: 2,
    trustees: 3,
    tested: true,
  };
  const law: Law = {
    lawId,
    title: `A law with the form ${form}`,
    opensAt: new Date(Date.now() - 1_000).toISOString(),
    keyVersion: (await servers.keys()).currentVersion,
    reached: "draft",
    form,
    origin: `test/${lawId}/${randomBytes(8).toString("hex")}`,
    logKey: await askForLogKey(servers),
    promiseKeys: [promiseKeyOf(await askForPromiseKey(servers), new Date())],
    ...(form === "sealed" ? { trustees, results: "after_close" as const } : {}),
    ...changes,
  };
  if ((await servers.laws.add(law)) === undefined) throw new Error(`there is a law ${lawId} already`);
  return { law, keys };
}
