import { run } from "../terminal/run.ts";

// The functions run in this process and would log every fault. They read these variables when they are loaded.
process.env.POWERTOOLS_LOG_LEVEL ??= "SILENT";
process.env.POWERTOOLS_METRICS_DISABLED ??= "true";
const { simulateCommand } = await import("../commands/simulate.ts");

await run(simulateCommand());
