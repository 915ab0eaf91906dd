import { AsyncLocalStorage } from "node:async_hooks";
import type { Servers } from "../../../operations/servers.ts";
import { FUNCTION_GRANTS } from "../../support/function-grants.ts";

/** A function whose code runs here, and not in Lambda with the permissions of its role. */
type Door = "operate" | "roll";

const running = new AsyncLocalStorage<Door>();
const guarded = new WeakSet<object>();

/**
 * Does work as a function does it: what the role of the function may not do fails, as it would on AWS. Emulators allow
 * everything. Other work at the same time, such as a test's preparations, is not looked at.
 *
 * @param name the function
 * @param servers what it works on; they are looked at from now on
 * @param work what it does
 */
export function asFunction<T>(name: Door, servers: Servers, work: () => Promise<T>): Promise<T> {
  guard(servers);
  return running.run(name, work);
}

function guard({ dynamoDb, sqs, lambda }: Servers): void {
  if (guarded.has(dynamoDb)) return;
  guarded.add(dynamoDb);
  const first = { step: "initialize" } as const;
  const look = (service: string, command: string | undefined, input: object) =>
    refuseUnlessGranted(`${service}:${actionOf(command ?? "")}`, input);
  dynamoDb.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        look("dynamodb", commandName, args.input);
        return next(args);
      },
    first,
  );
  sqs.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        look("sqs", commandName, args.input);
        return next(args);
      },
    first,
  );
  lambda.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        look("lambda", commandName, args.input);
        return next(args);
      },
    first,
  );
}

/** The action that allows a call: batches have that of their parts (Service Authorization Reference). */
function actionOf(commandName: string): string {
  return commandName
    .replace(/Command$/, "")
    .replace(/^Invoke$/, "InvokeFunction")
    .replace(/^(SendMessage|DeleteMessage|ChangeMessageVisibility)Batch$/, "$1");
}

function refuseUnlessGranted(action: string, input: object): void {
  const name = running.getStore();
  if (name === undefined) return;
  const granted = FUNCTION_GRANTS[name][action] ?? [];
  const refused = resourcesOf(input).filter((resource) => !granted.includes(resource));
  if (refused.length > 0) throw new Error(`the function ${name} has no permission for ${action} on ${refused.join()}`);
}

interface Named {
  readonly TableName?: string;
  readonly FunctionName?: string;
  readonly QueueUrl?: string;
  readonly UUID?: string;
  readonly RequestItems?: object;
}

function resourcesOf(input: Named): string[] {
  const { TableName: table, FunctionName: name, QueueUrl: queue, UUID: mapping, RequestItems: items } = input;
  if (table !== undefined) return [table];
  if (name !== undefined) return [name];
  if (queue !== undefined) return [queue.split("/").at(-1) ?? ""];
  if (mapping !== undefined) return [mapping === "validate" ? "mapping of votes" : "mapping of outcomes"];
  if (items !== undefined) return Object.keys(items);
  throw new Error("a call names no table, function, queue or mapping: the test does not know its resource");
}
