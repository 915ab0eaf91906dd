import { unfinishedWork } from "../../operations/roll/stores/postgres-marks.ts";
import { RedisRoll } from "../../operations/roll/stores/redis-roll.ts";
import type { Target } from "../../places/target.ts";
import { type Law, lawState } from "../../shared/domain/law.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { remedies } from "../voters/words.ts";
import { attempt, bad, type Check, good } from "./check.ts";

/** How many of a law's last submissions are examined, and how many there must be for a share to mean something. */
const LAST = 200;
const ENOUGH = 5;

/**
 * Checks the roll of every open law: whether there is one, whether Redis has all of it, whether it fits the law, and
 * whether the incoming votes are those of its voters.
 *
 * @param target a running stack
 */
export async function rollChecks(target: Target): Promise<readonly Check[]> {
  const look = async () => {
    const laws = await target.laws.list();
    const open = laws.filter((law) => lawState(law, Date.now()) === "open");
    if (laws.length === 0) return bad("laws", "there are none", 'npm run laws -- add ID --title "…"');
    if (open.length === 0) return good("laws", `${laws.length}, none of them open now`);
    const checks = [];
    for (const law of open)
      checks.push(...(await attempt(`roll of ${law.lawId}`, "see the checks above", () => rollOf(target, law))));
    return checks;
  };
  return attempt("laws and rolls", "see the checks above", look);
}

async function rollOf(target: Target, law: Law): Promise<Check> {
  const { lawId } = law;
  const name = `roll of ${lawId}`;
  const { rows } = await target.pool.query<{ pepper_id: string | null; key_version: number; voters: string }>(
    `select r.pepper_id, r.key_version, (select count(*) from voter_roll v where v.law_id = r.law_id) as voters
     from rolls r where law_id = $1`,
    [lawId],
  );
  const roll = rows[0];
  const voters = Number(roll?.voters ?? 0);
  const unfinished = (await unfinishedWork(target.pool, [lawId])).get(lawId) ?? [];
  if (unfinished.length > 0) {
    const found = `not complete: ${unfinished.map(describeRollWork).join("; ")}; its votes wait`;
    return bad(name, found, remedies(lawId, unfinished).join(" "));
  }
  if (roll === undefined || voters === 0) {
    return bad(name, "not loaded: its votes wait", `npm run voters -- load --law ${lawId} --file FILE (or --sample)`);
  }
  const otherPepper = roll.pepper_id !== (law.pepperId ?? null);
  if (otherPepper || roll.key_version !== law.keyVersion) {
    return bad(
      name,
      otherPepper
        ? "made with another pepper than the law names: its votes wait"
        : "made with keys of another version than the law names: no voter can be added",
      "give the law the pepper and the key version of its roll (table rolls in PostgreSQL), or use a new law id",
    );
  }
  const cache = new RedisRoll(target.redis);
  const meta = await cache.meta(lawId);
  const cached = await cache.count(lawId);
  const rebuild = `npm run ops -- rebuild-roll --law ${lawId}`;
  if (meta === undefined) return bad(name, `${voters} voters, but not complete in Redis: its votes wait`, rebuild);
  if (cached !== voters) return bad(name, `${voters} voters in PostgreSQL but ${cached} in Redis`, rebuild);
  if (meta.pepperId !== law.pepperId)
    return bad(name, "Redis names another pepper than the law: its votes wait", rebuild);
  return (await strangers(target, lawId, name)) ?? good(name, `${voters} voters`);
}

/** If most votes are invalid, the loaded roll is not the roll of these voters. */
async function strangers(target: Target, lawId: string, name: string): Promise<Check | undefined> {
  const { rows } = await target.pool.query<{ votes: string; invalid: string }>(
    `select count(*) as votes, count(*) filter (where status = 'invalid') as invalid
     from (select status from vote_audit where law_id = $1 order by processed_at desc limit $2) as latest`,
    [lawId, LAST],
  );
  const [votes, invalid] = [Number(rows[0]?.votes ?? 0), Number(rows[0]?.invalid ?? 0)];
  if (votes < ENOUGH || invalid * 2 <= votes) return undefined;
  return bad(
    name,
    `${invalid} of the last ${votes} votes are invalid: this looks like the wrong roll`,
    `load the roll that the credentials come from: npm run voters -- load --law ${lawId} --file FILE; it is added`,
  );
}
