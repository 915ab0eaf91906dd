import { errorCode } from "../../machine/error-code.ts";
import { freePorts } from "../../machine/ports.ts";
import { readLocalDescription } from "../stack-description.ts";
import type { Ports } from "./front-protocol.ts";
import { runningStacks } from "./running-stacks.ts";

/**
 * Chooses the ports of a stack.
 *
 * @param apiPort the voters' API's; 0 for any
 * @throws Error that says what to do when the API's port is taken
 */
export async function choosePorts(apiPort: number): Promise<Ports> {
  const [api = 0, operators = 0, aws = 0, sqs = 0, dynamodb = 0, s3 = 0, redis = 0, postgres = 0] = await freePorts([
    apiPort,
    ...[0, 0, 0, 0, 0, 0, 0],
  ]).catch((error: unknown) => {
    const code = errorCode(error);
    if (code === "EADDRINUSE") {
      throw new Error(
        `Port ${apiPort} is taken by ${owner(apiPort)}. Stop that one, or start with another port: ` +
          "npm start -- --port 0 takes any that is free.",
      );
    }
    if (code === "EACCES") throw new Error(`Port ${apiPort} may not be used by this user: choose one above 1023.`);
    throw error;
  });
  return { api, operators, aws, sqs, dynamodb, s3, redis, postgres };
}

/** Who listens on the voters' API's port. */
function owner(port: number): string {
  const other = runningStacks().find(({ dataDir, supervisor }) => {
    // This start's directory may still describe the stack that ran there before.
    if (supervisor === process.pid) return false;
    const url = readLocalDescription(dataDir)?.api_url;
    return url !== undefined && new URL(url).port === String(port);
  });
  return other === undefined
    ? "another program, perhaps a local stack of another checkout"
    : `the local stack of ${other.dataDir} (process ${other.supervisor})`;
}
