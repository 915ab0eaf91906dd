/**
 * A local stack as a process of its own, for programs that start one (starter.ts): `node main.ts <StartOptions as JSON>`.
 * When votes can be cast it prints what runs as one line of JSON. People start theirs with `npm start`.
 */
import { runLocalStack } from "./run.ts";
import { startOptions } from "./supervisor.ts";

await runLocalStack(startOptions.parse(JSON.parse(process.argv[2] ?? "{}")), async (stack) => {
  process.stdout.write(`${JSON.stringify(stack)}\n`);
});
