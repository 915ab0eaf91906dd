import type pg from "pg";

/** What of a stage says how its laws are timed. */
export interface TimedStage {
  readonly pool: pg.Pool;
  /** An output of its CloudFormation stack. */
  output(name: string): string;
}

/** How changes of a law are timed on a stage. */
export interface LawTiming {
  /** The present instant, by a clock that AWS keeps: an operator's machine may be minutes off. */
  readonly now: () => Promise<Date>;
  /** For how long `ingest` remembers a law, in seconds. */
  readonly cacheSeconds: number;
  /** Time that is added for the write, a slow look-up, and clocks that differ, in seconds. */
  readonly marginSeconds: number;
}

/**
 * The timing of a running stage: its settings as they were deployed, and the clock of its PostgreSQL.
 *
 * @param servers those of the stage
 */
export function lawTimingOf(servers: TimedStage): LawTiming {
  return {
    now: async () => {
      const { rows } = await servers.pool.query<{ now: Date }>("select clock_timestamp() as now");
      const [row] = rows;
      if (row === undefined) throw new Error("PostgreSQL gave no time");
      return row.now;
    },
    cacheSeconds: numberOutput(servers, "LawCacheSeconds"),
    marginSeconds: numberOutput(servers, "LawChangeMarginSeconds"),
  };
}

/**
 * An output of the stage that is a number.
 *
 * @param stage has the output
 * @param name the output
 * @throws Error when it is none
 */
export function numberOutput(stage: Pick<TimedStage, "output">, name: string): number {
  const text = stage.output(name);
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Error(`the stack's output ${name} is no number: ${text}`);
  return value;
}

/**
 * How long after its confirmation a change of a law is known to every `ingest`, in seconds.
 *
 * @param timing of the stage
 */
export function knownAfterSeconds({
  cacheSeconds,
  marginSeconds,
}: Pick<LawTiming, "cacheSeconds" | "marginSeconds">): number {
  return cacheSeconds + marginSeconds;
}

/**
 * The first moment that a change can be in force at, if it is written now: a whole second.
 *
 * @param timing of the stage
 * @param now the present instant
 */
export function soonestMoment(timing: LawTiming, now: Date): Date {
  return new Date(Math.ceil(now.getTime() / 1_000 + knownAfterSeconds(timing)) * 1_000);
}

/**
 * Whether a change was confirmed early enough for its moment: the other half of the margin is for slow look-ups and
 * clocks.
 *
 * @param timing of the stage
 * @param confirmed when the change was confirmed
 * @param moment when it is in force
 */
export function isInTime({ cacheSeconds, marginSeconds }: LawTiming, confirmed: Date, moment: Date): boolean {
  return moment.getTime() - confirmed.getTime() >= (cacheSeconds + marginSeconds / 2) * 1_000;
}
