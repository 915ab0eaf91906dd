import type { z } from "zod";
import type { stage } from "../../shared/messages/operators/stage.ts";
import { MappingConsumer } from "../queues/consumer.ts";
import { PostgresMarks } from "../roll/stores/postgres-marks.ts";
import type { Servers } from "../servers.ts";

type Mappings = NonNullable<z.output<typeof stage.result>["mappings"]>;

/**
 * Looks at the event source mappings of the stage, and at why one is not enabled.
 *
 * @param servers those of a running stage
 * @param knowsRolls whether PostgreSQL answers, which knows of the work on rolls
 */
export async function lookAtMappings(servers: Servers, knowsRolls: boolean): Promise<Mappings> {
  const of = (output: string) => new MappingConsumer(servers.lambda, servers.output(output));
  const validate = of("ValidateMappingId");
  const [validateState, aggregateState] = await Promise.all([validate.state(), of("AggregateMappingId").state()]);
  const why = async (state: string, ofWork: () => Promise<"roll_work" | "ended_roll_work" | undefined>) =>
    state === "Enabled" || !knowsRolls ? null : ((await ofWork()) ?? "somebody");
  return {
    validate: { state: validateState, paused_by: await why(validateState, () => rollWork(servers, validate)) },
    // Work on rolls stops only the votes.
    aggregate: { state: aggregateState, paused_by: await why(aggregateState, async () => undefined) },
  };
}

/** Whether work on a roll has paused `validate`; undefined: somebody else has, or has changed it since. */
async function rollWork({ pool }: Servers, validate: MappingConsumer) {
  const marks = new PostgresMarks(pool);
  const note = await marks.pauseNote();
  if (note === undefined) return undefined;
  if (await marks.isAnyoneAtWork()) return "roll_work";
  return note.mappingChangedAt === (await validate.lastChange()) ? "ended_roll_work" : undefined;
}
