import { run } from "../terminal/run.ts";

// The functions run in this process, and log what the faults do to them. They look when they are loaded.
process.env.POWERTOOLS_LOG_LEVEL ??= "SILENT";
const { simulateCommand } = await import("../commands/simulate.ts");

await run(simulateCommand());
