import { Refusal } from "../../shared/domain/refusal.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { withRight } from "./change.ts";
import { type DraftRoll, draftRoll } from "./load.ts";
import { refuseLoading } from "./refuse-loading.ts";
import type { RollPorts } from "./stores/ports.ts";
import { rollPorts } from "./stores/roll-ports.ts";

/**
 * Accepts the incomplete roll of a law after a load has stopped. People of the file who are not on the roll may not
 * vote. So the person who decides this must name the number of voters on the roll.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param voters the number of voters that the person has named
 * @param isRepeated whether this was begun before and cut off: then no load may be left to give up
 * @returns the state of the roll
 * @throws Refusal when no load has stopped, one is under way, or the roll has another number of voters
 */
export async function abandonLoads(
  servers: Servers,
  lawId: string,
  voters: number,
  isRepeated = false,
): Promise<DraftRoll> {
  const laws = await existingLaws(servers, [lawId]);
  const ports = rollPorts(servers);
  await refuseLoading(servers, ports.database, [lawId], "give_up_load");
  await refuseToAbandon(ports, lawId, voters, isRepeated);
  return withRight(ports, laws, async () => {
    await ports.marks.abandonLoads(lawId);
    return draftRoll(ports, lawId);
  });
}

/**
 * Refuses to accept a roll as it stands.
 *
 * @param ports the stores
 * @param lawId the law
 * @param voters the number of voters that the person has named
 * @param isRepeated whether this was begun before and cut off: then no load may be left to give up
 * @throws Refusal when no load has stopped, one is under way, or the roll has another number of voters
 */
export async function refuseToAbandon(
  { database, marks }: Pick<RollPorts, "database" | "marks">,
  lawId: string,
  voters: number,
  isRepeated = false,
): Promise<void> {
  const loads = (await marks.unfinished(lawId)).filter((work) => work.kind === "load");
  if (loads.length === 0 && isRepeated) return;
  if (loads.length === 0) throw new Refusal(`No load of ${lawId} has stopped before its end; nothing was changed.`);
  const running = loads.find((work) => work.isRunning);
  if (running !== undefined) {
    throw new Refusal(
      `${describeRollWork(running)}; nothing was changed. Only a load of ${lawId} that has stopped can be given up.`,
    );
  }
  const onRoll = await database.count(lawId);
  if (onRoll !== voters) {
    throw new Refusal(`The roll of ${lawId} has ${onRoll} voters, not ${voters}; nothing was changed.`);
  }
}
