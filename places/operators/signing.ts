import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { userInfo } from "node:os";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Checksum, SourceData } from "@smithy/types";
import { claimedOperator } from "../../shared/domain/operator.ts";
import { UserError } from "../../terminal/errors.ts";
import { noCredentials } from "../aws-refusals.ts";

/** Adds to a request what tells the API who calls. */
export type Authorize = (url: URL, headers: Record<string, string>, body: string) => Promise<Record<string, string>>;

/** Who calls on the stages where nobody proves it; tests with two people name each. */
const NAME_VARIABLE = "REFERENDUM_OPERATOR";

/**
 * The name that this process claims: what the environment says, or the account's, with a dash for each character that
 * the operators' API does not take.
 *
 * @throws UserError when the environment says what the API does not take
 */
export function claimedName(): string {
  const said = process.env[NAME_VARIABLE] || undefined;
  if (said === undefined)
    return userInfo()
      .username.replaceAll(/[^A-Za-z0-9._@+=,-]/g, "-")
      .slice(0, 64);
  if (claimedOperator(said) !== undefined) return said;
  throw new UserError(
    `${NAME_VARIABLE} is no name of an operator: use 1 to 64 letters without accents, digits and . _ @ + = , -`,
    2,
  );
}

/**
 * Says who calls, where nobody proves it: on the stages local and localstack.
 *
 * @param name the name
 */
export function claiming(name: string): Authorize {
  return async (_, headers) => ({ ...headers, "x-operator": name });
}

/**
 * Signs requests with the credentials of the environment, as every tool of AWS finds them: variables, profiles, single
 * sign-on, roles (AWS Signature Version 4).
 *
 * @param region where the API is
 * @param profile the profile of the AWS configuration; absent: AWS's usual ways
 */
export function signing(region: string, profile?: string): Authorize {
  // The client is only asked for its credentials: each of them finds them in the same way.
  const client = new CloudFormationClient({ region, ...(profile === undefined ? {} : { profile }) });
  const signer = new SignatureV4({
    service: "execute-api",
    region,
    sha256: Sha256,
    credentials: async () => {
      try {
        return await client.config.credentials();
      } catch (error) {
        throw noCredentials(error, profile);
      }
    },
  });
  return async (url, headers, body) => {
    const request = new HttpRequest({
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { ...headers, host: url.host },
      body,
    });
    const { host: _, ...signed } = (await signer.sign(request)).headers;
    return signed;
  };
}

/** SHA-256, and HMAC with it, in the form that the signer wants. */
class Sha256 implements Checksum {
  readonly #secret: SourceData | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#secret = secret;
    this.#hash = started(secret);
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = started(this.#secret);
  }
}

function started(secret: SourceData | undefined): Hash | Hmac {
  if (secret === undefined) return createHash("sha256");
  if (typeof secret === "string") return createHmac("sha256", secret);
  return createHmac("sha256", ArrayBuffer.isView(secret) ? bytesOf(secret) : new Uint8Array(secret));
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
