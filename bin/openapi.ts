import { openapiCommand } from "../commands/openapi.ts";
import { run } from "../terminal/run.ts";

await run(openapiCommand());
