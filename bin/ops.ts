import { opsCommand } from "../commands/ops/command.ts";
import { run } from "../terminal/run.ts";

await run(opsCommand());
