import { run } from "../commands/cli.ts";
import { lawsCommand } from "../commands/laws/commands.ts";

await run(lawsCommand());
