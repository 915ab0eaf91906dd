import { run } from "../commands/cli.ts";
import { opsCommand } from "../commands/ops/commands.ts";

await run(opsCommand());
