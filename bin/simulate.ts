import { run } from "../commands/cli.ts";
import { simulateCommand } from "../tests/simulation/command.ts";

await run(simulateCommand());
