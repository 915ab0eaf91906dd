import { votersCommand } from "../commands/voters.ts";
import { run } from "../terminal/run.ts";

await run(votersCommand());
