import { capacityCommand } from "../commands/capacity/command.ts";
import { run } from "../commands/cli.ts";

await run(capacityCommand());
