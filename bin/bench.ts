import { benchCommand } from "../commands/bench/command.ts";
import { run } from "../commands/cli.ts";

await run(benchCommand());
