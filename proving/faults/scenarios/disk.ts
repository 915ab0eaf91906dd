import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { family } from "../../../machine/processes.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { noSmallDisk, SmallDisk } from "../small-disk.ts";
import { Voting } from "../voting.ts";
import { momentsOf, underVotes } from "./kills.ts";

const VOTES = 4_000;
/** How PostgreSQL names a full disk, and a file that may not grow. */
const REFUSED = /No space left on device|File too large/g;
const NOTICED_WITHIN_MS = 60_000;
const SETTLED_WITHIN_MS = 60_000;
/** How long it stays so after PostgreSQL has noticed. */
const FULL_MS = 3_000;
/** No file may be longer: a sixtieth of a piece of PostgreSQL's log of changes, so that no transaction can end. */
const FILE_LIMIT_BYTES = 256 * 1024;

/** Writes of PostgreSQL fail from a moment on, until it has noticed and some seconds more. */
async function writesFail(
  context: FaultContext,
  voting: Voting,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<string> {
  const { stack, signal, say } = context;
  const log = join(stack.dataDir, "logs", "postgres.log");
  let note = "";
  await underVotes(context, voting, momentsOf(context, 1), async () => {
    const from = statSync(log).size;
    const complaints = () => readFileSync(log, "latin1").slice(from).match(REFUSED) ?? [];
    await begin();
    try {
      await waitUntil("PostgreSQL could not write", () => complaints().length > 0, {
        withinMs: NOTICED_WITHIN_MS,
        signal,
      });
      say(`PostgreSQL says: ${complaints()[0]}`);
      await pause(FULL_MS, undefined, { signal });
    } finally {
      note = `PostgreSQL said "${complaints()[0]}" ${complaints().length} times`;
      await end();
    }
    // A PostgreSQL that cannot even recover ends again and again, until its supervisor stops the stack and says why.
    const settled = async () => !stack.runs || (await answers(voting));
    await waitUntil("PostgreSQL answers again, or the stack has stopped", settled, {
      withinMs: SETTLED_WITHIN_MS,
      signal,
    });
    // Then somebody starts it again, now that there is space.
    if (!stack.runs) {
      note += "; the stack had stopped itself and was started again";
      await stack.stop();
      await stack.startAgain();
    }
    say(note);
  });
  return note;
}

async function answers(voting: Voting): Promise<boolean> {
  const { body } = await voting.client.get("/api/v1/health", 5_000);
  return JSON.stringify(body["services"])?.includes('"postgresql":"connected"') === true;
}

async function diskFull(context: FaultContext): Promise<Figures> {
  const disk = await SmallDisk.start(context.stack);
  try {
    const voting = await Voting.prepare(context);
    const note = await writesFail(
      context,
      voting,
      async () => disk.fill(),
      async () => disk.free(),
    );
    return await judge(context, voting, { note });
  } finally {
    await disk.end();
  }
}

async function fileLimit(context: FaultContext): Promise<Figures> {
  const { stack } = context;
  const voting = await Voting.prepare(context);
  const note = await writesFail(
    context,
    voting,
    async () => {
      // The supervisor too: a PostgreSQL that it starts meanwhile must not be able to write either.
      const pids = [stack.supervisor, ...family((await stack.pids()).postgres)];
      for (const pid of pids) limitFiles(pid, String(FILE_LIMIT_BYTES));
    },
    async () => {
      if (stack.runs) for (const pid of family(stack.supervisor)) limitFiles(pid, "unlimited");
    },
  );
  return judge(context, voting, { note });
}

/** Only the soft limit, which a process's owner may raise again; as that owner, which needs no privilege. */
function limitFiles(pid: number, limit: string): void {
  const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  // A process that has just ended has no limits any more.
  if (owner === undefined) return;
  const args = ["--pid", String(pid), `--fsize=${limit}:`];
  const { status, error, stderr } = spawnSync("prlimit", args, {
    uid: owner.uid,
    gid: owner.gid,
    cwd: "/",
    encoding: "utf8",
  });
  if (status !== 0 && !/No such process/.test(stderr ?? "")) throw new Error(`prlimit: ${error?.message ?? stderr}`);
}

function noFileLimit(): string | undefined {
  return spawnSync("prlimit", ["--version"]).status === 0 ? undefined : "there is no prlimit (util-linux) here";
}

export const diskScenarios: readonly FaultScenario[] = [
  {
    name: "disk-full",
    does: "disk full for PostgreSQL: a small file system is filled, then freed",
    votes: VOTES,
    unavailable: noSmallDisk,
    run: diskFull,
  },
  {
    name: "file-limit",
    does: `PostgreSQL may not write beyond ${FILE_LIMIT_BYTES / 1024} KiB of any file, for a time`,
    votes: VOTES,
    unavailable: noFileLimit,
    run: fileLimit,
  },
];
