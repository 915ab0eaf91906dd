import { testCommand } from "../commands/test/command.ts";
import { run } from "../terminal/run.ts";

await run(testCommand());
