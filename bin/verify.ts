import { verifyCommand } from "../commands/verify/command.ts";
import { run } from "../terminal/run.ts";

await run(verifyCommand());
