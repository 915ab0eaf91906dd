import { run } from "../commands/cli.ts";
import { localStackCommand } from "../commands/localstack/commands.ts";

await run(localStackCommand());
