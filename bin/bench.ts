import { run } from "../terminal/run.ts";

// The functions run in this process, and their metrics are not wanted. They read these variables when they are loaded.
process.env.POWERTOOLS_METRICS_DISABLED ??= "true";
const { benchCommand } = await import("../commands/bench.ts");

await run(benchCommand());
