import { faultsCommand } from "../commands/faults.ts";
import { run } from "../terminal/run.ts";

await run(faultsCommand());
