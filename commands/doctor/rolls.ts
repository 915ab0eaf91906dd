import { workOf } from "../../places/operators/roll-answers.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import type { StageLaw } from "../../shared/messages/operators/stage.ts";
import { remedies } from "../voters/words.ts";
import { bad, type Check, good } from "./check.ts";

/** How many of a law's last submissions there must be for a share to mean something. */
const ENOUGH = 5;

/**
 * Judges the roll of every open law: whether there is one, whether Redis has all of it, whether it fits the law, and
 * whether the incoming votes are those of its voters.
 *
 * @param laws what the stage says of them; null: DynamoDB does not answer
 */
export function rollChecks(laws: readonly StageLaw[] | null): readonly Check[] {
  if (laws === null)
    return [bad("laws and rolls", "not known, because DynamoDB does not answer", "see the checks above")];
  const known = laws.filter(({ state }) => state !== null);
  const open = known.filter(({ state }) => state === "open");
  if (known.length === 0) return [bad("laws", "there are none", 'npm run laws -- add ID --title "…"')];
  if (open.length === 0) return [good("laws", `${known.length}, none of them open now`)];
  return open.map(rollCheck);
}

const MISMATCHES = {
  pepper: "made with another pepper than the law names: its votes wait",
  key_version: "made with keys of another version than the law names: no voter can be added",
} as const;

function rollCheck(law: StageLaw): Check {
  const { law_id, voters, cached, digest, complete, unfinished, mismatch } = law;
  const name = `roll of ${law_id}`;
  if (voters === null || unfinished === null) {
    return bad(name, "not known, because PostgreSQL does not answer", "see the checks above");
  }
  if (unfinished.length > 0) {
    const work = unfinished.map(workOf);
    const found = `not complete: ${work.map(describeRollWork).join("; ")}; its votes wait`;
    return bad(name, found, remedies(law_id, work).join(" "));
  }
  if (voters === 0) {
    return bad(name, "not loaded: its votes wait", `npm run voters -- load --law ${law_id} --file FILE (or --sample)`);
  }
  if (mismatch === "pepper" || mismatch === "key_version") {
    return bad(
      name,
      MISMATCHES[mismatch],
      "give the law the pepper and the key version of its roll (table rolls in PostgreSQL), or use a new law id",
    );
  }
  if (cached === null || complete === null) {
    return bad(name, "not known, because Redis does not answer", "see the checks above");
  }
  if (digest === null) {
    return bad(
      name,
      `${voters} voters, but not sealed: its votes wait`,
      `npm run voters -- seal ${law_id} --expect ${voters}, if ${voters} is the election office's number`,
    );
  }
  const rebuild = `npm run ops -- rebuild-roll --law ${law_id}`;
  if (!complete) return bad(name, `${voters} voters, but not complete in Redis: its votes wait`, rebuild);
  if (cached !== voters) return bad(name, `${voters} voters in PostgreSQL but ${cached} in Redis`, rebuild);
  if (mismatch === "roll_in_redis") return bad(name, "Redis has another roll than PostgreSQL", rebuild);
  if (mismatch !== null) return bad(name, "Redis names another pepper than the law: its votes wait", rebuild);
  return strangers(law, name) ?? good(name, `${voters} voters`);
}

/** If most votes are invalid, the loaded roll is not the roll of these voters. */
function strangers({ law_id, latest }: StageLaw, name: string): Check | undefined {
  if (latest === null || latest.submissions < ENOUGH || latest.invalid * 2 <= latest.submissions) return undefined;
  return bad(
    name,
    `${latest.invalid} of the last ${latest.submissions} votes are invalid: this looks like the wrong roll`,
    `find out which roll the credentials come from: npm run voters -- check FILE --law ${law_id}`,
  );
}
