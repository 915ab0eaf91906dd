import { run } from "../commands/cli.ts";
import { votersCommand } from "../commands/roll/commands.ts";

await run(votersCommand());
