import { cleanCommand } from "../commands/clean/command.ts";
import { run } from "../terminal/run.ts";

await run(cleanCommand());
