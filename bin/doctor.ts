import { doctorCommand } from "../commands/doctor/command.ts";
import { run } from "../terminal/run.ts";

await run(doctorCommand());
