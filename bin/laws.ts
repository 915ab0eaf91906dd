import { lawsCommand } from "../commands/laws.ts";
import { run } from "../terminal/run.ts";

await run(lawsCommand());
