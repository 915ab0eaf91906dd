import { run } from "../commands/cli.ts";
import { faultsCommand } from "../commands/faults/command.ts";

await run(faultsCommand());
