import { type Command, Redis, type RedisOptions } from "ioredis";

/**
 * A client of Redis whose password is read when the first command needs it: a command that never asks Redis needs no
 * right to read the password.
 */
export class LateLoginRedis extends Redis {
  readonly #readPassword: () => Promise<string>;
  #reading: Promise<void> | undefined;
  #known = false;

  /**
   * @param url the server, without user and password
   * @param options the client's options, with the user's name
   * @param readPassword reads the password; asked again after it has failed
   */
  constructor(url: string, options: Omit<RedisOptions, "replyMapping">, readPassword: () => Promise<string>) {
    // A connection without the password would be refused.
    super(url, { ...options, lazyConnect: true });
    this.#readPassword = readPassword;
  }

  override sendCommand(...[command, stream]: Parameters<Redis["sendCommand"]>): unknown {
    if (this.#known) return super.sendCommand(command, stream);
    this.#login().then(
      () => {
        // The caller already has the command's promise, which gives the result.
        super.sendCommand(command, stream);
      },
      (error: unknown) => fail(command, error),
    );
    return command.promise;
  }

  #login(): Promise<void> {
    this.#reading ??= this.#readPassword().then(
      (password) => {
        this.options.password = password;
        this.#known = true;
      },
      (error: unknown) => {
        this.#reading = undefined;
        throw error;
      },
    );
    return this.#reading;
  }
}

function fail(command: Command, error: unknown): void {
  command.reject(error instanceof Error ? error : new Error(String(error)));
}
