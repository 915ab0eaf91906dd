import { logsCommand } from "../commands/logs.ts";
import { run } from "../terminal/run.ts";

await run(logsCommand());
