import { run } from "../commands/cli.ts";

// The functions run in this process, and their metrics are not what is asked for. They look when they are loaded.
process.env.POWERTOOLS_METRICS_DISABLED ??= "true";
const { benchCommand } = await import("../commands/bench/command.ts");

await run(benchCommand());
