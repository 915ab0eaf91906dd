import { lintCommand } from "../commands/lint.ts";
import { run } from "../terminal/run.ts";

await run(lintCommand());
