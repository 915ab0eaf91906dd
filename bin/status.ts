import { statusCommand } from "../commands/status.ts";
import { run } from "../terminal/run.ts";

await run(statusCommand());
