/**
 * A local stack as a separate process, for programs that start one (starter.ts): `node main.ts <StartOptions as JSON>`.
 * When votes can be cast, it prints a description of the stack as one line of JSON. People use `npm start`.
 */
import { runLocalStack } from "./run.ts";
import { startOptions } from "./supervisor.ts";

await runLocalStack(startOptions.parse(JSON.parse(process.argv[2] ?? "{}")), async (stack) => {
  process.stdout.write(`${JSON.stringify(stack)}\n`);
});
