import { keysCommand } from "../commands/keys/command.ts";
import { run } from "../terminal/run.ts";

await run(keysCommand());
