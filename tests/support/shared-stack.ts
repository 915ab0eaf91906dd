import { inject } from "vitest";
import { type StackDescription, stackDescription } from "../../places/stack-description.ts";

let known: Promise<StackDescription> | undefined;

/**
 * The stack that all integration test files share: started when the first one asks, stopped after the last.
 * Use it in `beforeAll`, with laws of your own. Files that stop or empty a service start theirs with `startStack()`.
 * @throws {Error} with the stack's own last lines when it could not start
 */
export function sharedStack(): Promise<StackDescription> {
  known ??= ask();
  return known;
}

async function ask(): Promise<StackDescription> {
  const answer = await fetch(inject("stackDoor"));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return stackDescription.parse(JSON.parse(text));
}
