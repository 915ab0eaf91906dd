import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

/** How an object is written. */
export interface PutOptions {
  /** An object of this name that is there already is not replaced. */
  readonly once?: boolean;
  /** Only the object with this tag is replaced, as it was read. */
  readonly replaces?: string;
  /** What its readers are told of it. Absent: that it is bytes. */
  readonly contentType?: string;
  /** For how long its readers may keep it (RFC 9111 §5.2). */
  readonly cacheControl?: string;
}

/** An object as it was read. */
export interface ReadObject {
  readonly body: Uint8Array;
  /** Names this content of the object, for `replaces`. */
  readonly tag: string;
}

/** A store of objects by key, which keeps what it has confirmed. */
export interface ObjectStore {
  /**
   * Writes an object, whole or not at all.
   *
   * @param key its name
   * @param body its content
   * @param options what must be there before, and what readers are told
   * @returns false when something else was there, and it was left as it is
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<boolean>;
  /**
   * Reads an object.
   *
   * @param key its name
   * @returns undefined when there is none
   */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Reads an object in order to replace it.
   *
   * @param key its name
   * @returns undefined when there is none
   */
  read(key: string): Promise<ReadObject | undefined>;
  /** Whether there is an object of this name. */
  has(key: string): Promise<boolean>;
  /**
   * Lists names in ascending order of their bytes, at most a thousand.
   *
   * @param prefix what they begin with
   * @param after they come after this one
   */
  keys(prefix: string, after?: string): Promise<readonly string[]>;
  /**
   * Removes an object. It is no error if there is none. Where a bucket keeps versions, the object becomes one of them.
   *
   * @param key its name
   */
  remove(key: string): Promise<void>;
}

/** A bucket of S3. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<boolean> {
    const { once = false, replaces, contentType = "application/octet-stream", cacheControl } = options;
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: body,
          ContentType: contentType,
          ...(cacheControl === undefined ? {} : { CacheControl: cacheControl }),
          ...(once ? { IfNoneMatch: "*" } : {}),
          ...(replaces === undefined ? {} : { IfMatch: replaces }),
        }),
      );
      return true;
    } catch (error) {
      // RFC 9110 §13.1.2. While somebody else writes the same object, S3 answers 409: whoever was first has written it.
      const status = statusOf(error);
      if ((once || replaces !== undefined) && status === 412) return false;
      if (once && status === 409 && (await this.has(key))) return false;
      // Somebody has removed what was to be replaced, or is writing it.
      if (replaces !== undefined && (status === 404 || status === 409)) return false;
      throw error;
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return (await this.read(key))?.body;
  }

  async read(key: string): Promise<ReadObject | undefined> {
    try {
      const { Body, ETag } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      const body = await Body?.transformToByteArray();
      return body === undefined || ETag === undefined ? undefined : { body, tag: ETag };
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

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
