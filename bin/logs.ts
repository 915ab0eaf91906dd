import { logsCommand } from "../commands/logs/command.ts";
import { run } from "../terminal/run.ts";

await run(logsCommand());
