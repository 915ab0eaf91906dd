import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { answerRestore } from "../../operations/log/restore-log.ts";
import { readLogRequest } from "../../shared/messages/log-request.ts";
import { logPorts } from "./models/log-ports.ts";
import type { World } from "./world.ts";

/** How many epochs a request brings back. */
const RESTORED_AT_ONCE = 2;

/** The function `log`, for whoever asks it for something. It goes on when its caller is gone. */
export function logFunction(world: World): LambdaClient {
  const send = async (command: unknown): Promise<object> => {
    if (!(command instanceof InvokeCommand)) throw new Error("the simulated Lambda knows only calls of functions");
    const request = readLogRequest(JSON.parse(String(command.input.Payload)));
    if (request === undefined || !("restore" in request)) return {};
    const answer = world.scheduler.spawn("log: restore", (process) => {
      world.logRuns.add(process);
      process.onEnd(() => void world.logRuns.delete(process));
      let looks = 0;
      return answerRestore(logPorts(world.logServers, process), request.restore, () => ++looks > RESTORED_AT_ONCE);
    });
    return { Payload: Buffer.from(JSON.stringify(await answer)) };
  };
  return { send } as unknown as LambdaClient;
}
