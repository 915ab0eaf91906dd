import { localCommand } from "../commands/local.ts";
import { run } from "../terminal/run.ts";

await run(localCommand());
