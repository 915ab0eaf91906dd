/** DynamoDB's process: dynalite on disk. Ends with the supervisor, after the front has had time to finish. */

import { yieldTo } from "../../../machine/processes.ts";
import { createDynalite } from "./dynalite.ts";

const [directory, port] = process.argv.slice(2);
/** Longer than the front needs to finish after the supervisor was killed. */
const ORPHAN_GRACE_MS = 15_000;

yieldTo(0, 10);
if (directory === undefined) throw new Error("no directory given");
const server = createDynalite(directory);
server.listen(Number(port), "127.0.0.1");

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  server.closeAllConnections();
  server.close(() => process.exit(0));
}
process.on("SIGTERM", stop);
process.on("disconnect", () => setTimeout(stop, ORPHAN_GRACE_MS).unref());
