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
/** PostgreSQL's messages about a full disk, and about a file that may not grow. */
const REFUSED = /No space left on device|File too large/g;
const NOTICED_WITHIN_MS = 60_000;
const SETTLED_WITHIN_MS = 60_000;
/** How long the fault lasts after PostgreSQL has noticed it. */
const FULL_MS = 3_000;
/** The longest file: a sixtieth of a segment of PostgreSQL's write-ahead log, so that no transaction can commit. */
const FILE_LIMIT_BYTES = 256 * 1024;

/** Makes writes of PostgreSQL fail until it has noticed, and for some seconds more. */
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
    // A PostgreSQL that cannot even recover ends again and again, until the supervisor stops the stack and gives the
    // reason.
    const settled = async () => !stack.runs || (await answers(voting));
    await waitUntil("PostgreSQL answers again, or the stack has stopped", settled, {
      withinMs: SETTLED_WITHIN_MS,
      signal,
    });
    // Then an operator would start the stack again, because there is space now.
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
      // The supervisor as well: a PostgreSQL that it starts meanwhile must not be able to write either.
      const pids = [stack.supervisor, ...family((await stack.pids()).postgres)];
      for (const pid of pids) limitFiles(pid, String(FILE_LIMIT_BYTES));
    },
    async () => {
      if (stack.runs) liftLimits(stack.supervisor);
    },
  );
  return judge(context, voting, { note });
}

/**
 * Lifts the limit of a process and all of its descendants. One that is born meanwhile has the limit of its parent, and
 * would keep it for good: so they are listed again until there is no new one.
 */
function liftLimits(root: number): void {
  const lifted = new Set<number>();
  for (;;) {
    const born = family(root).filter((pid) => !lifted.has(pid));
    if (born.length === 0) return;
    for (const pid of born) {
      limitFiles(pid, "unlimited");
      lifted.add(pid);
    }
  }
}

/** Only the soft limit, which the process's owner may raise again. Run as that owner, this needs no privilege. */
function limitFiles(pid: number, limit: string): void {
  const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  // The process may have just ended.
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
