import { createHash } from "node:crypto";
import { canonicalJson } from "../../shared/domain/canonical-json.ts";
import type { CountedWith, LawFacts, LedgerFacts, QueueDepths } from "../../shared/domain/ledger.ts";
import type { Status } from "../../shared/domain/outcome.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { queueDepths } from "../queues/depths.ts";
import { type ComparisonTables, tablesOf } from "../receipts/comparison.ts";
import { gatherReceipts, type Scanning, unread } from "../receipts/gather.ts";
import { sealedState } from "../roll/change.ts";
import { unfinishedWork } from "../roll/stores/postgres-marks.ts";
import { PostgresRoll } from "../roll/stores/postgres-roll.ts";
import { RedisRoll } from "../roll/stores/redis-roll.ts";
import type { Servers } from "../servers.ts";
import { type LookUp, lookUpAccepted, NOT_LOOKED_UP } from "./accepted.ts";
import { type ClaimsRead, gatherClaims } from "./claims.ts";
import { describedDeviations } from "./described.ts";
import { type Finding, findFacts, NOTHING_FOUND, type Tally } from "./facts.ts";

/** What the ledger was like at the first look: what differs at the last look has moved. */
interface FirstLook {
  readonly depths: QueueDepths;
  /** A hash over the number of audit rows by law and status. They are only added to, and a status only rises. */
  readonly audit: string;
}

/** How far the check of the ledger has come. It is plain JSON. */
export interface LedgerState {
  readonly phase: "receipts" | "claims" | "facts" | "accepted" | "end";
  readonly before: FirstLook;
  readonly receipts: Scanning;
  /** The laws whose claims are still to be read, those of the first of them, and the voters of the others in Redis. */
  readonly claims: {
    readonly laws: readonly string[];
    readonly now: ClaimsRead;
    readonly voters: Readonly<Record<string, number>>;
  };
  readonly finding: Finding;
  readonly accepted: LookUp | null;
}

/** What is checked, and where the other stores are copied to. */
export interface LedgerCheck {
  /** The comparison, whose tables are there. */
  readonly id: string;
  /** Which laws; null for all. */
  readonly lawIds: readonly string[] | null;
  /** Whether accepted submissions were taken in. */
  readonly hasAccepted: boolean;
}

const NO_CLAIMS: ClaimsRead = { bucket: 0, voters: 0 };

/**
 * Goes on with finding out the facts for the check of the ledger, until the deadline. What is done again is done as
 * before, so that any step may be repeated.
 *
 * The stores are not read at one instant: the queues and the audit are looked at first and last. If a vote has moved
 * meanwhile, the verdict is "not yet".
 *
 * @param servers those of a running stage
 * @param check what is checked
 * @param state how far it has come; absent: the first step
 * @param deadline when to stop, in milliseconds of `performance.now()`
 * @returns how far it has come, or the facts
 */
export async function ledgerStep(
  servers: Servers,
  check: LedgerCheck,
  state: LedgerState | undefined,
  deadline: number,
): Promise<{ readonly facts: LedgerFacts } | { readonly state: LedgerState }> {
  const tables = tablesOf(check.id);
  let now = state ?? (await begun(servers, check));
  while (now.phase !== "end" && performance.now() < deadline) {
    now = await PHASES[now.phase]({ servers, check, tables, state: now, deadline });
  }
  if (now.phase !== "end" || performance.now() >= deadline) return { state: now };
  return { facts: await factsOf(servers, check, now) };
}

async function begun(servers: Servers, { lawIds, hasAccepted }: LedgerCheck): Promise<LedgerState> {
  const before = await firstLook(servers);
  return {
    phase: "receipts",
    before,
    receipts: unread(servers),
    claims: { laws: lawIds ?? (await lawsWithRolls(servers)), now: NO_CLAIMS, voters: {} },
    finding: NOTHING_FOUND,
    accepted: hasAccepted ? NOT_LOOKED_UP : null,
  };
}

async function firstLook(servers: Servers): Promise<FirstLook> {
  const depths = await queueDepths(servers);
  const { rows } = await servers.pool.query(
    "select law_id, status, count(*)::text as n from vote_audit group by law_id, status order by law_id, status",
  );
  return { depths, audit: createHash("sha256").update(canonicalJson(rows)).digest("hex") };
}

async function lawsWithRolls({ pool, laws }: Servers): Promise<string[]> {
  const { rows } = await pool.query<{ law_id: string }>("select law_id from rolls");
  return [...new Set([...rows.map((row) => row.law_id), ...(await laws.list()).map((law) => law.lawId)])].sort();
}

interface Work {
  readonly servers: Servers;
  readonly check: LedgerCheck;
  readonly tables: ComparisonTables;
  readonly state: LedgerState;
  readonly deadline: number;
}

const PHASES: Readonly<Record<Exclude<LedgerState["phase"], "end">, (work: Work) => Promise<LedgerState>>> = {
  receipts: async ({ servers, check, tables, state, deadline }) => {
    const receipts = await gatherReceipts(servers, tables.receipts, check.lawIds, state.receipts, deadline);
    return { ...state, receipts, phase: receipts.segments.every((place) => place === null) ? "claims" : "receipts" };
  },
  claims: async ({ servers, tables, state, deadline }) => {
    const { laws, now, voters } = state.claims;
    const [lawId, ...others] = laws;
    if (lawId === undefined) return { ...state, phase: "facts" };
    const read = await gatherClaims(servers, tables.claims, lawId, now, deadline);
    if (read.bucket !== null) return { ...state, claims: { laws, now: read, voters } };
    return { ...state, claims: { laws: others, now: NO_CLAIMS, voters: { ...voters, [lawId]: read.voters } } };
  },
  facts: async ({ servers, check, tables, state, deadline }) => {
    const finding = await findFacts(servers, tables, check.lawIds, state.finding, deadline);
    return {
      ...state,
      finding,
      phase: finding.phase !== "done" ? "facts" : state.accepted === null ? "end" : "accepted",
    };
  },
  accepted: async ({ servers, tables, state, deadline }) => {
    const accepted = await lookUpAccepted(servers, tables, state.accepted ?? NOT_LOOKED_UP, deadline);
    return { ...state, accepted, phase: accepted.isDone ? "end" : "accepted" };
  },
};

async function factsOf(servers: Servers, { lawIds }: LedgerCheck, state: LedgerState): Promise<LedgerFacts> {
  const { before, finding, claims } = state;
  const [cache, rolls] = [new RedisRoll(servers.redis), new PostgresRoll(servers.pool)];
  const works = await unfinishedWork(servers.pool, lawIds);
  const counts = await countsOf(servers, Object.keys(finding.tallies));
  const laws: LawFacts[] = [];
  for (const [lawId, tally] of Object.entries(finding.tallies).sort(([one], [other]) => (one < other ? -1 : 1))) {
    const { seal, complete } = await sealedState({ database: rolls, cache }, lawId);
    const unfinished = (works.get(lawId) ?? []).map(describeRollWork);
    const { claimsMissing = 0 } = tally.figures;
    const cached = Math.max(0, (claims.voters[lawId] ?? 0) - (await rolls.countEnded(lawId)));
    const cacheFacts = { voters: cached, sealed: seal !== undefined, complete, claimsMissing };
    const count = counts.get(lawId);
    const deviations = { ...tally.deviations, ...(await describedDeviations(servers, lawId)) };
    laws.push({
      ...lawFacts(
        lawId,
        { ...tally, deviations },
        unfinished.length === 0 ? cacheFacts : { ...cacheFacts, unfinished },
      ),
      ...(count === undefined ? {} : { count }),
    });
  }
  const after = await firstLook(servers);
  const most = (queue: keyof QueueDepths) => Math.max(before.depths[queue], after.depths[queue]);
  const { accepted } = state;
  return {
    laws,
    depths: {
      votes: most("votes"),
      outcomes: most("outcomes"),
      votesDeadLetters: most("votesDeadLetters"),
      outcomesDeadLetters: most("outcomesDeadLetters"),
    },
    ...(before.audit === after.audit ? {} : { meanwhile: finding.instants > 1 ? "torn" : "recorded" }),
    ...(accepted === null ? {} : { accepted: { total: accepted.total, missing: accepted.missing } }),
  };
}

/** What counted laws were counted with. */
async function countsOf(
  { pool }: Servers,
  lawIds: readonly string[],
): Promise<ReadonlyMap<string, CountedWith | "unknown">> {
  type Row = Record<"oui" | "non" | "spoiled" | Status, string | null> & { readonly law_id: string };
  const { rows } = await pool.query<Row>(
    `select l.law_id, c.oui, c.non, c.spoiled, c.counted, c.duplicate, c.invalid
     from laws l left join law_counts c on c.law_id = l.law_id where l.reached = 'counted' and l.law_id = any ($1)`,
    [lawIds],
  );
  return new Map(
    rows.map(({ law_id, oui, non, spoiled, counted, duplicate, invalid }) => [
      law_id,
      oui === null
        ? "unknown"
        : {
            tally: { oui: Number(oui), non: Number(non) },
            spoiled: Number(spoiled),
            audit: { counted: Number(counted), duplicate: Number(duplicate), invalid: Number(invalid) },
          },
    ]),
  );
}

function lawFacts(lawId: string, { figures, deviations }: Tally, cache: LawFacts["cache"]): LawFacts {
  const figure = (name: string) => figures[name] ?? 0;
  const votes = (name: string) => ({ oui: figure(`${name} oui`), non: figure(`${name} non`) });
  const statuses = (name: string) => ({
    invalid: figure(`${name} invalid`),
    duplicate: figure(`${name} duplicate`),
    counted: figure(`${name} counted`),
  });
  return {
    lawId,
    voters: figure("voters"),
    invalidOnRoll: figure("invalidOnRoll"),
    participation: figure("participation"),
    ballots: votes("ballots"),
    tally: votes("tally"),
    ...(figure("sealed") === 0 ? {} : { box: { envelopes: figure("box"), spoiled: figure("spoiled") } }),
    audit: statuses("audit"),
    receipts: statuses("receipts"),
    deviations,
    cache,
  };
}
