import { loadCommand } from "../commands/load.ts";
import { run } from "../terminal/run.ts";

await run(loadCommand());
