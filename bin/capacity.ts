import { capacityCommand } from "../commands/capacity/command.ts";
import { run } from "../terminal/run.ts";

await run(capacityCommand());
