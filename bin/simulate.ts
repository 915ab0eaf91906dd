import { run } from "../commands/cli.ts";

// The functions run in this process, and log what the faults do to them. They look when they are loaded.
process.env.POWERTOOLS_LOG_LEVEL ??= "SILENT";
const { simulateCommand } = await import("../tests/simulation/command.ts");

await run(simulateCommand());
