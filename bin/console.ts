import { consoleCommand } from "../commands/console.ts";
import { run } from "../terminal/run.ts";

await run(consoleCommand());
