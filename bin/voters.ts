import { votersCommand } from "../commands/voters/command.ts";
import { run } from "../terminal/run.ts";

await run(votersCommand());
