import { createServer, type IncomingMessage, type Server } from "node:http";
import { z } from "zod";
import type { FunctionResult, Invoker } from "./lambda/invoker.ts";
import type { Mapping } from "./queue/mapping.ts";
import type { FunctionModel } from "./template/model.ts";

export interface AwsEndpointOptions {
  readonly functions: readonly FunctionModel[];
  readonly mappings: readonly Mapping[];
  readonly invoker: Invoker;
  /** A secret's value by ARN or name, or undefined. */
  secret(id: string): { readonly arn: string; readonly name: string; readonly value: string } | undefined;
  /** Called when a mapping was paused or resumed, so that its state survives a restart, as on AWS. */
  onMappingChanged(): Promise<void>;
  /** The status that `npm run status` shows. */
  status(): object;
}

interface Answer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The parts of Lambda and Secrets Manager that are used through the ordinary SDK: Invoke, ListFunctions,
 * List/Get/UpdateEventSourceMapping(s) (Enabled only), GetSecretValue. `GET /_local/status` says what runs.
 */
export class AwsEndpoint {
  readonly #options: AwsEndpointOptions;
  readonly #server: Server;

  constructor(options: AwsEndpointOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#answer(request)
        .catch((error: unknown): Answer => {
          console.error(error);
          return { statusCode: 500, body: { __type: "InternalFailure", message: String(error) } };
        })
        .then(({ statusCode, body, headers }) => {
          const text = JSON.stringify(body);
          response.writeHead(statusCode, { "content-type": "application/json", ...headers }).end(text);
        });
    });
  }

  /** @param port the port on 127.0.0.1 */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => resolve());
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const path = decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/");
    const route = `${request.method} ${path}`;
    if (route === "GET /_local/status") return ok(this.#options.status());
    if (request.headers["x-amz-target"] === "secretsmanager.GetSecretValue") return this.#secretValue(body);
    const invoke = /^POST \/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(route)?.[1];
    if (invoke !== undefined) return this.#invoke(invoke, body, request.headers["x-amz-invocation-type"] === "Event");
    if (/^GET \/2015-03-31\/functions\/?$/.test(route))
      return ok({ Functions: this.#options.functions.map(describeFunction) });
    const mapping = /^(GET|PUT) \/2015-03-31\/event-source-mappings\/([^/]*)$/.exec(route);
    if (mapping !== null) return this.#mapping(mapping[1] === "PUT", mapping[2] ?? "", body);
    return {
      statusCode: 400,
      body: { __type: "UnknownOperationException", message: `The local runtime does not emulate ${route}.` },
    };
  }

  #secretValue(body: string): Answer {
    const { SecretId } = z.object({ SecretId: z.string() }).parse(JSON.parse(body));
    const secret = this.#options.secret(SecretId);
    if (secret === undefined) {
      return { statusCode: 400, body: { __type: "ResourceNotFoundException", message: "There is no such secret." } };
    }
    return ok({ ARN: secret.arn, Name: secret.name, SecretString: secret.value, VersionStages: ["AWSCURRENT"] });
  }

  async #invoke(name: string, body: string, isEvent: boolean): Promise<Answer> {
    if (!this.#options.functions.some((model) => model.name === name || model.arn === name)) {
      return notFound(`Function not found: ${name}`);
    }
    const result = this.#options.invoker.invoke(name, body === "" ? {} : JSON.parse(body));
    if (!isEvent) return invocationAnswer(await result);
    // Nobody waits for it. Lambda would try again after a failure; here the function's log has it.
    void result.then(({ kind }) => {
      if (kind !== "returned") console.error(`${name}, called without waiting: ${kind}`);
    });
    return { statusCode: 202, body: {} };
  }

  async #mapping(change: boolean, id: string, body: string): Promise<Answer> {
    if (id === "") return ok({ EventSourceMappings: this.#options.mappings.map(describeMapping) });
    const mapping = this.#options.mappings.find((candidate) => candidate.model.id === id);
    if (mapping === undefined) return notFound(`There is no event source mapping ${id}`);
    if (change) {
      const { Enabled } = z.object({ Enabled: z.boolean() }).parse(JSON.parse(body));
      mapping.setEnabled(Enabled);
      await this.#options.onMappingChanged();
    }
    return { statusCode: change ? 202 : 200, body: describeMapping(mapping) };
  }
}

function invocationAnswer(result: FunctionResult): Answer {
  const failed = (errorType: string, errorMessage: string): Answer => ({
    statusCode: 200,
    headers: { "x-amz-function-error": "Unhandled" },
    body: { errorType, errorMessage },
  });
  switch (result.kind) {
    case "returned":
      return ok(result.value ?? null);
    case "failed":
      return failed(result.errorType, result.message);
    case "timed_out":
      return failed("Sandbox.Timedout", "Task timed out");
    case "throttled":
      return {
        statusCode: 429,
        headers: { "x-amzn-errortype": "TooManyRequestsException" },
        body: { Reason: "ConcurrentInvocationLimitExceeded", message: "Rate Exceeded." },
      };
  }
}

function ok(body: unknown): Answer {
  return { statusCode: 200, body };
}

function notFound(message: string): Answer {
  return { statusCode: 404, headers: { "x-amzn-errortype": "ResourceNotFoundException" }, body: { message } };
}

function describeFunction(model: FunctionModel): object {
  return {
    FunctionName: model.name,
    FunctionArn: model.arn,
    Timeout: model.timeoutMs / 1000,
    MemorySize: model.memoryMiB,
    State: "Active",
  };
}

function describeMapping({ model, state, changedAt }: Mapping): object {
  return {
    UUID: model.id,
    State: state,
    // The API gives instants in seconds.
    LastModified: changedAt.getTime() / 1000,
    EventSourceArn: model.queueArn,
    FunctionArn: model.functionName,
    BatchSize: model.batchSize,
    MaximumBatchingWindowInSeconds: model.windowMs / 1000,
    ScalingConfig: { MaximumConcurrency: model.maximumConcurrency },
  };
}
