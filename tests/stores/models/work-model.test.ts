import { createHash, randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REBUILD, SEAL } from "../../../operations/roll/change.ts";
import { EMPTY_CHAIN } from "../../../operations/roll/file/chunk-text.ts";
import type { StepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { WorkTable } from "../../../operations/roll/steps/work-table.ts";
import type { WorkMark } from "../../../operations/roll/stores/ports.ts";
import { PostgresMarks } from "../../../operations/roll/stores/postgres-marks.ts";
import { PostgresRoll } from "../../../operations/roll/stores/postgres-roll.ts";
import { SimPostgres } from "../../../proving/simulation/models/postgres.ts";
import { rollDatabase, rollMarks } from "../../../proving/simulation/models/postgres-ports.ts";
import { stepWork } from "../../../proving/simulation/models/postgres-work.ts";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import { alone, type Database, seeds, startDatabase } from "./support.ts";

let database: Database;
let pool: pg.Pool;
beforeAll(async () => {
  database = await startDatabase();
  pool = database.pool;
});
afterAll(() => database?.stop());

const LAWS = ["L0", "L1"] as const;
const sha256 = (text: string) => createHash("sha256").update(text).digest();
const markOf = (number: number): WorkMark => ({
  kind: "load",
  sourceId: sha256(`file ${number}`),
  sourceName: `file ${number}`,
});

type Ports = Pick<StepPorts, "database" | "marks" | "work">;

test("the model notes the steps of loads, rebuilds and seals as PostgreSQL does", async () => {
  const real: Ports = {
    database: new PostgresRoll(pool),
    marks: new PostgresMarks(pool),
    work: new WorkTable(pool),
  };
  const runs = [randomUUID(), randomUUID()] as const;
  for (const { seed, random } of seeds(20)) {
    await pool.query("truncate rolls, voter_roll, roll_work, validate_pause");
    const model = new SimPostgres();
    const modelled = <T>(use: (ports: Ports) => Promise<T>) =>
      alone((process) =>
        use({
          database: rollDatabase(process, model),
          marks: rollMarks(process, model),
          work: stepWork(process, model),
        }),
      );
    for (let step = 0; step < 30; step++) {
      const lawId = random.pick(LAWS);
      const mark = markOf(random.below(2));
      const run = random.pick(runs);
      const number = random.below(3);
      const voter = random.below(6);
      const entries = [
        { line: voter + 1, voterHash: sha256(`voter ${voter} of ${lawId}`), personHash: sha256(`person ${voter % 4}`) },
      ];
      // Drawn once for both.
      const [buckets, touched] = [random.pick([100, ROLL_BUCKETS]), random.pick([mark, REBUILD, SEAL])];
      const chain = sha256(`chain ${random.below(3)}`);
      const change = random.pick<(ports: Ports) => Promise<unknown>>([
        ({ work }) => work.beginLoad(lawId, mark, { chains: Buffer.concat([EMPTY_CHAIN, chain]), voters: 6, run }),
        ({ work }) => work.beginLoad(lawId, mark, { chains: Buffer.concat([EMPTY_CHAIN, chain]), voters: 6, run }),
        ({ work }) =>
          work.chunkDone(lawId, mark, { number, received: chain, voters: 2, line: voter, refusedLines: [9] }),
        ({ work }) =>
          work.chunkDone(lawId, mark, { number, received: chain, voters: 2, line: voter, refusedLines: [] }),
        ({ database }) => database.enter(lawId, entries, mark).catch(() => "refused"),
        ({ work }) => work.restartLoad(lawId, mark),
        ({ work }) => work.endLoad(lawId, mark),
        ({ work }) => work.beginRebuild(lawId, run),
        ({ work }) => work.startRestoring(lawId),
        ({ work }) => work.restored(lawId, buckets, 3),
        ({ work }) => work.endRebuild(lawId),
        ({ work }) => work.touch(lawId, touched),
        ({ work }) => work.stop(lawId, touched),
        ({ work }) => work.notePause(run),
        ({ work }) => work.confirmPause(run, `change ${step}`),
        ({ work }) => work.beginSeal(lawId, run),
        ({ work }) => work.filled(lawId, buckets),
        ({ work }) => work.beginChange(lawId, run, number === 0),
        ({ work }) => work.endChange(lawId, number === 0 ? undefined : run),
        ({ marks }) => marks.finish(lawId, SEAL),
      ]);
      const result = await change(real);
      expect({ seed, step, result: await modelled(change) }).toEqual({ seed, step, result });
      const shown = async ({ marks, work }: Ports) => ({
        loads: [await work.load("L0", markOf(0)), await work.load("L0", markOf(1)), await work.load("L1", markOf(0))],
        rebuilds: [await work.rebuild("L0"), await work.rebuild("L1")],
        seals: [await work.seal("L0"), await work.seal("L1")],
        changes: [await work.change("L0", runs[0]), await work.change("L1", runs[1])],
        unfinished: [await marks.unfinished("L0"), await marks.unfinished("L1")],
        isAnyoneAtWork: await marks.isAnyoneAtWork(),
        pausedAt: (await marks.pauseNote())?.mappingChangedAt,
        isOurs: [await work.isPauseOf(runs[0]), await work.isPauseOf(runs[1])],
      });
      expect({ seed, step, ...(await modelled(shown)) }).toEqual({ seed, step, ...(await shown(real)) });
    }
  }
});
