import { run } from "../commands/cli.ts";
import { loadCommand } from "../commands/load/command.ts";

await run(loadCommand());
