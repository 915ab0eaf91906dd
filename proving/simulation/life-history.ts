import type { Random } from "../random.ts";
import type { History, OperatorCommand, SimVoter } from "./history.ts";

/** Of three histories, two begin with a draft; in the others, operators change the end of a law that is open. */
const KINDS = 3;

/**
 * A history with more of the life of its first law: it begins as a draft that operators add, load, seal and open,
 * or its end is moved, and it is opened again until a moment.
 *
 * @param history one whose first law is open
 * @param random for everything that is added
 */
export function lifeHistory(history: History, random: Random): History {
  return random.below(KINDS) < KINDS - 1 ? withDraft(history, random) : withEnd(history, random);
}

/** Everybody is on the file of the roll, and operators do each step once at least, some of them at the same moment. */
function withDraft(history: History, random: Random): History {
  const opensAtMs = random.below(60_000) - 20_000;
  const act = (command: OperatorCommand["command"], fromMs: number, more = {}): OperatorCommand => ({
    atMs: fromMs + random.below(20_000),
    command,
    abortsAfter: random.below(4) === 0 ? 1 + random.below(4) : undefined,
    ...more,
  });
  const steps = [
    act("draft", 0, { abortsAfter: undefined }),
    act("load", 5_000),
    ...(random.below(2) === 0 ? [act("seal", 5_000)] : []),
    ...(random.below(2) === 0 ? [act("load", 25_000)] : []),
    ...(random.below(2) === 0 ? [act("open", 10_000, momentIn(random))] : []),
    ...(random.below(3) === 0 ? [act("find", 20_000, { voter: random.below(history.voters.length) })] : []),
    ...(random.below(3) === 0 ? [act("close", 40_000, momentIn(random))] : []),
  ];
  const twice = random.below(2) === 0 ? steps.map(({ atMs, command, momentMs }) => ({ atMs, command, momentMs })) : [];
  const others = history.commands.filter(({ command }) => command !== "restore" && command !== "load");
  return {
    ...history,
    draftOpensAtMs: opensAtMs,
    closesAtMs: history.closesAtMs === undefined ? undefined : Math.max(history.closesAtMs, opensAtMs + 30_000),
    voters: history.voters.map(fromBeginning),
    submissions: history.submissions.map((one) => ({ ...one, atMs: one.atMs + random.below(60_000) })),
    commands: [...others, ...steps, ...twice],
    events: history.events.filter(({ kind }) => kind !== "clock"),
    reader: undefined,
  };
}

/** Operators move the end of a law before it comes, and open the law again until a moment, perhaps around a restore. */
function withEnd(history: History, random: Random): History {
  const closesAtMs = 20_000 + random.below(40_000);
  const closes: OperatorCommand[] = [
    { atMs: random.below(closesAtMs), command: "close", momentMs: closesAtMs + random.below(60_000) - 20_000 },
  ];
  const reopenedAtMs = closesAtMs + random.below(60_000);
  const reopens: OperatorCommand[] =
    random.below(2) === 0
      ? [{ atMs: reopenedAtMs, command: "reopen", momentMs: reopenedAtMs + 10_000 + random.below(40_000) }]
      : [];
  const finds: OperatorCommand[] = random.below(3) === 0 ? [{ atMs: random.below(60_000), command: "find" }] : [];
  const agoMs = random.below(60_000);
  const pointMs = random.below(closesAtMs);
  const restores: OperatorCommand[] =
    random.below(2) === 0 ? [{ atMs: pointMs + agoMs, command: "restore", agoMs }] : [];
  // Nobody loads a roll while PostgreSQL is restored.
  const isRestored = restores.length > 0;
  const commands = isRestored ? history.commands.filter(({ command }) => command !== "load") : history.commands;
  return {
    ...history,
    closesAtMs,
    voters: isRestored ? history.voters.map(fromBeginning) : history.voters,
    commands: [...commands, ...closes, ...reopens, ...finds, ...restores],
    events: history.events.filter(({ kind }) => kind !== "clock"),
  };
}

function fromBeginning(voter: SimVoter): SimVoter {
  return voter.onRoll === "later" ? { ...voter, onRoll: "first" } : voter;
}

/** As soon as possible, or at a moment. */
function momentIn(random: Random): Pick<OperatorCommand, "momentMs"> {
  return random.below(2) === 0 ? {} : { momentMs: 30_000 + random.below(60_000) };
}
