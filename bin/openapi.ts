import { run } from "../commands/cli.ts";
import { openapiCommand } from "../commands/openapi/commands.ts";

await run(openapiCommand());
