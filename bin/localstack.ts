import { localStackCommand } from "../commands/localstack.ts";
import { run } from "../terminal/run.ts";

await run(localStackCommand());
