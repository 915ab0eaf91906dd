import { capacityCommand } from "../commands/capacity.ts";
import { run } from "../terminal/run.ts";

await run(capacityCommand());
