import type { z } from "zod";
import { readInstant } from "../../operations/laws/add.ts";
import { chunkText } from "../../operations/roll/file/chunk-text.ts";
import { ANY_CODE } from "../../operations/roll/file/code-rule.ts";
import type { FaultCounter } from "../../operations/roll/file/faults.ts";
import { inspectRoll } from "../../operations/roll/file/inspect.ts";
import { readPersons } from "../../operations/roll/file/persons.ts";
import type { Credentials } from "../../operations/roll/file/read.ts";
import { openRoll } from "../../operations/roll/file/source.ts";
import { type FoundOperators, findOperators } from "../../places/find-operators.ts";
import type { RollChangeKind } from "../../shared/domain/roll-row.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import { changeRoll, findVoter, prepareRollChange } from "../../shared/messages/operators/roll-changes.ts";
import { confirm } from "../../terminal/confirm.ts";
import { UserError } from "../../terminal/errors.ts";
import { localInstant } from "../../terminal/instant.ts";
import { print } from "../../terminal/print.ts";
import type { CommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { describeFound, describeRollChange, wishedChange } from "../roll-change-words.ts";
import { counted, type SlipOptions } from "../slip-options.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults } from "./words.ts";

interface ChangeOptions extends CommonOptions, SlipOptions {
  readonly file: string;
  readonly at?: string;
}

/**
 * `npm run voters -- add`, `replace` and `strike`.
 *
 * @param kind what is done to the voters of the file
 */
export function changeCommand(kind: RollChangeKind): (lawId: string, options: ChangeOptions) => Promise<void> {
  return async (law_id, options) => {
    const at = options.at === undefined ? undefined : readInstant("--at", options.at).toISOString();
    const source = rollSource(options.file);
    const text = kind === "strike" ? await personsOf(source) : await votersOf(source);
    const { api } = await findOperators(options);
    const { draft, voters } = await prepare(api, { law_id, kind, voters: text });
    await confirm(options, { what: await whatChanges(api, { law_id, kind, voters, at }), word: law_id });
    const interrupted = () =>
      `Interrupted: the roll of ${law_id} may be changed already. npm run laws -- show ${law_id} says so.`;
    const request = { law_id, kind, draft, voters, at };
    const result = await perform(api, changeRoll, request, { ...options, interrupted });
    if (result !== undefined) print(options, result, () => describeRollChange(result));
  };
}

const MEANS: Readonly<Record<RollChangeKind, string>> = {
  add: "They may vote from then on, and are taken off again only by strike.",
  replace: "Votes under their old codes that are accepted from then on do not count.",
  strike: "Votes of theirs that are accepted from then on do not count; what was accepted before stands.",
};

/** What will happen to how many voters, and when. */
async function whatChanges(
  api: FoundOperators["api"],
  { law_id, kind, voters, at }: Omit<z.output<typeof changeRoll.request>, "draft">,
): Promise<string> {
  const { laws } = await api.look(listLaws, {});
  const before = laws.find((law) => law.law_id === law_id)?.voters ?? 0;
  const after = { add: before + voters, replace: before, strike: before - voters }[kind];
  const moment = at === undefined ? "some seconds from now, as soon as it is known everywhere" : localInstant(at);
  return [
    `This will ${wishedChange(kind, law_id, voters)}, in force ${at === undefined ? "" : "at "}${moment}.`,
    `The roll has ${counted(before, "voter")} now, and ${after.toLocaleString("en")} then.`,
    MEANS[kind],
  ].join(" ");
}

/** `npm run voters -- find`. The NAS comes from standard input: arguments are kept in histories and shown to others. */
export async function find(law_id: string, options: CommonOptions): Promise<void> {
  const voters = await personsOf(process.stdin, "Standard input has no NAS.");
  const { api } = await findOperators(options);
  const { draft } = await prepare(api, { law_id, kind: "find", voters });
  const interrupted = () => "Interrupted.";
  const result = await perform(api, findVoter, { law_id, draft }, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => describeFound(result));
}

interface Prepared {
  readonly law_id: string;
  readonly kind: RollChangeKind | "find";
  readonly voters: string;
}

async function prepare(api: FoundOperators["api"], request: Prepared) {
  const outcome = await api.perform(prepareRollChange, request);
  if (outcome.kind === "done") return outcome.result;
  throw new Error(`${prepareRollChange.name} needs no second person and was proposed`);
}

/** The voters of a file, every line of which must be right. */
async function votersOf(source: Parameters<typeof openRoll>[0]): Promise<string> {
  const file = await openRoll(source);
  const voters: Credentials[] = [];
  const onVoter = (line: number, nas: string, code: string) => {
    voters.push({ line, nas, code });
  };
  const { faults } = await inspectRoll(file, { rule: ANY_CODE, onVoter });
  if (faults.total > 0) throw badLines(faults);
  return chunkText(voters);
}

/** The persons of a list, every line of which must be right. */
async function personsOf(source: Parameters<typeof openRoll>[0], nobody?: string): Promise<string> {
  const file = await openRoll(source);
  const { persons, faults } = await readPersons(file);
  if (faults.total > 0) throw badLines(faults);
  if (persons.length === 0) throw new UserError(nobody ?? `There is nobody in ${file.name}; nothing was changed.`);
  return persons.map(({ line, nas }) => `${line},${nas}`).join(";");
}

function badLines(faults: FaultCounter): UserError {
  return new UserError(`Nothing was changed, because lines are bad.\n${describeFaults(faults.faults()).join("\n")}`);
}
