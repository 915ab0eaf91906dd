import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

/** A store of objects by key, which keeps what it has confirmed. */
export interface ObjectStore {
  /**
   * Writes an object, whole or not at all.
   *
   * @param key its name
   * @param body its content
   * @param options `once`: an object that is there already is not replaced
   * @returns false when there was one already and it was left as it is
   */
  put(key: string, body: Uint8Array, options?: { readonly once?: boolean }): Promise<boolean>;
  /**
   * Reads an object.
   *
   * @param key its name
   * @returns undefined when there is none
   */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Whether there is an object of this name. */
  has(key: string): Promise<boolean>;
  /**
   * Lists names in ascending order of their bytes, at most a thousand.
   *
   * @param prefix what they begin with
   * @param after they come after this one
   */
  keys(prefix: string, after?: string): Promise<readonly string[]>;
}

/** A bucket of S3. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, body: Uint8Array, { once = false }: { readonly once?: boolean } = {}): Promise<boolean> {
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: body,
          ContentType: "application/octet-stream",
          ...(once ? { IfNoneMatch: "*" } : {}),
        }),
      );
      return true;
    } catch (error) {
      // RFC 9110 §13.1.2. While somebody else writes the same object, S3 answers 409: whoever was first has written it.
      if (once && statusOf(error) === 412) return false;
      if (once && statusOf(error) === 409 && (await this.has(key))) return false;
      throw error;
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  async keys(prefix: string, after?: string): Promise<readonly string[]> {
    const { Contents = [] } = await this.#client.send(
      new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(after === undefined ? {} : { StartAfter: after }),
      }),
    );
    return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
