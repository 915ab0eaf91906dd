import type { NoteKey } from "../../../shared/domain/log/note.ts";
import type { PublicLaw } from "../../../shared/messages/responses.ts";
import type { LogFiles } from "./published-log.ts";

/**
 * The files of a law's log, as the API serves them.
 *
 * @param apiUrl the API's address, without a slash at the end
 * @param lawId the law
 */
export function logFilesAt(apiUrl: string, lawId: string): LogFiles {
  return async (path) => {
    const response = await fetch(`${apiUrl}/api/v1/log/${lawId}/${path}`);
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body}`);
    return body;
  };
}

/**
 * The key of a log, by what the API says of its law.
 *
 * @param law the description
 */
export function logKeyOf({ log }: Pick<PublicLaw, "log">): NoteKey {
  const [, name = "", typed = ""] = /^([^+]+)\+[0-9a-f]{8}\+(.+)$/.exec(log?.key ?? "") ?? [];
  return { name, publicKey: Buffer.from(typed, "base64").subarray(1) };
}
