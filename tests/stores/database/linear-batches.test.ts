import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, macsOf } from "../../support/factories.ts";
import { aSealedVote, lawWithVoters, recordedIn } from "../support/laws-of-forms.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS, openPool } from "../support/votes.ts";

/** The largest batch that aggregate is given is 500; half of it tells a square from a line. */
const BATCH = 250;

let servers: Servers;
let pool: pg.Pool;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = openPool({ connectionString: servers.postgresUrl, max: 1 });
});
afterAll(async () => {
  if (servers && pool) await endPools([pool], servers.postgresUrl);
  await servers?.stop();
});

interface PlanNode {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number | undefined;
  readonly "Rows Removed by Join Filter"?: number | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
}
const PlanNode: z.ZodType<PlanNode> = z.object({
  "Node Type": z.string(),
  "Actual Rows": z.number(),
  "Actual Loops": z.number(),
  "Rows Removed by Filter": z.number().optional(),
  "Rows Removed by Join Filter": z.number().optional(),
  get Plans() {
    return z.array(PlanNode).optional();
  },
});
const Explained = z.object({ Plan: PlanNode });

/** The rows that each node of a plan looked at. */
function rowsOf(node: PlanNode): { readonly node: string; readonly rows: number }[] {
  const each = node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Join Filter"] ?? 0);
  const own = { node: node["Node Type"], rows: each * node["Actual Loops"] };
  return [own, ...(node.Plans ?? []).flatMap(rowsOf)];
}

/** Does something in a session that says how PostgreSQL executes each statement of a function. */
async function plansOf(work: () => Promise<unknown>): Promise<PlanNode[]> {
  const told: string[] = [];
  const client = await pool.connect();
  const onNotice = ({ message = "" }: { message?: string | undefined }) => void told.push(message);
  client.on("notice", onNotice);
  try {
    await client.query("load 'auto_explain'");
    for (const [setting, value] of [
      ["log_level", "notice"],
      ["log_format", "json"],
      ["log_nested_statements", "on"],
      ["log_analyze", "on"],
      // Last, as the statements that set it are explained from here on.
      ["log_min_duration", "0"],
    ]) {
      await client.query("select set_config($1, $2, false)", [`auto_explain.${setting}`, value]);
    }
  } finally {
    client.release();
  }
  try {
    await work();
  } finally {
    client.off("notice", onNotice);
  }
  return told
    .filter((message) => message.includes("plan:"))
    .map((message) => Explained.parse(JSON.parse(message.slice(message.indexOf("{")))).Plan);
}

describe("recording a batch looks at a few rows for each vote, however many votes it has", () => {
  test.each([null, "open", "sealed"] as const)("of a law with the form %s", async (form) => {
    const { lawId, voters } = await lawWithVoters(pool, form, 2 * BATCH);
    const votes = voters.map((hash) => {
      if (form === "sealed") return aSealedVote(lawId, hash);
      const vote = aDecidedVote({ lawId, voterHash: hash });
      return form === null ? vote : { ...vote, macs: macsOf(vote) };
    });
    const store = new PostgresOutcomeStore(pool);
    // The first batch meets empty tables, the second one does not.
    for (const batch of [votes.slice(0, BATCH), votes.slice(BATCH)]) {
      const plans = await plansOf(async () => {
        expect(await recordedIn(store, batch)).toEqual(batch.map(() => "counted"));
      });
      expect(plans.length).toBeGreaterThan(3);
      const most = plans.flatMap(rowsOf).sort((one, other) => other.rows - one.rows)[0];
      expect(most).toEqual({ node: expect.any(String), rows: expect.any(Number) });
      expect(most?.rows, most?.node).toBeLessThan(4 * BATCH);
    }
  });
});
