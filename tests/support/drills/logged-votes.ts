import { randomBytes } from "node:crypto";
import { bundleAt, verify } from "../../../client/verify/index.ts";
import { type LeafStatus, readEntry, submissionEntry } from "../../../shared/domain/log/leaf.ts";
import { logKeyText } from "../../../shared/domain/log/note.ts";
import { addLawOfForm } from "../add-law-of-form.ts";
import { loadVoters, newVoters, type TestEnvironment, type Voter } from "../environment.ts";
import { logFilesAt } from "../log/log-over-http.ts";
import { readPublishedLog } from "../log/published-log.ts";

/** A law with a public log, and votes that are in it. */
export interface LoggedVotes {
  readonly lawId: string;
  /** Who has voted, and the submissions. */
  readonly voters: readonly Voter[];
  readonly ids: readonly string[];
  /** Some vote. */
  vote(count: number): Promise<void>;
  /** What the log says of each submission, once it has so many entries of submissions. */
  said(entries: number): Promise<LeafStatus[][]>;
  /** The checks of the verifier that fail. */
  failures(): Promise<string[]>;
}

/**
 * Makes a law with a public log.
 *
 * @param env its stack
 */
export async function loggedVotes(env: TestEnvironment): Promise<LoggedVotes> {
  const lawId = `LOG-${randomBytes(4).toString("hex")}`;
  const { law } = await addLawOfForm(env.target, lawId, "open");
  const roll = newVoters(20);
  await loadVoters(env.target, [lawId], roll);
  const { origin = "", logKey = "" } = law;
  const key = { name: origin, publicKey: Buffer.from(logKey, "base64url") };
  const files = logFilesAt(env.api.url, lawId);
  const [voters, ids]: [Voter[], string[]] = [[], []];
  const said = async (wanted: number) => {
    let leaves: { request: string; status: LeafStatus }[] = [];
    await env.until(`the log has ${wanted} entries of submissions`, async () => {
      if ((await files("checkpoint")) === undefined) return false;
      const { entries } = await readPublishedLog(files, key);
      leaves = entries.flatMap((entry) => {
        const leaf = readEntry(entry);
        return leaf?.kind === "submission" ? [{ request: leaf.request.toString("hex"), status: leaf.status }] : [];
      });
      return leaves.length >= wanted;
    });
    const requestOf = (id: string) => submissionEntry(id, undefined, "lost").toString("hex", 1, 33);
    return ids.map((id) => leaves.filter(({ request }) => request === requestOf(id)).map(({ status }) => status));
  };
  return {
    lawId,
    voters,
    ids,
    said,
    async vote(count) {
      const some = roll.slice(voters.length, voters.length + count);
      const answers = await Promise.all(some.map((voter) => env.api.vote({ lawId, voter })));
      voters.push(...some);
      ids.push(...answers.map((answer) => answer.field("request_id")));
    },
    async failures() {
      const { checks } = await verify(bundleAt(`${env.api.url}/api/v1/log/${lawId}`), "the log", {
        key: logKeyText(origin, logKey),
      });
      return checks
        .filter(({ outcome }) => outcome === "fails")
        .map(({ id, findings }) => `${id} ${JSON.stringify(findings)}`);
    },
  };
}
