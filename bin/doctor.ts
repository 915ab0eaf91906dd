import { run } from "../commands/cli.ts";
import { doctorCommand } from "../commands/doctor/commands.ts";

await run(doctorCommand());
