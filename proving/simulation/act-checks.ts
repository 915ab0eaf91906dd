import { windowsOf } from "../../shared/domain/law.ts";
import { hasVoted } from "./models/postgres.ts";
import type { World } from "./world.ts";

/** Checks acts of operators while they take effect: rules of a law's life that leave no trace in a table. */
export function watchActs(world: World): void {
  const { postgres, dynamoDb, findings } = world;
  postgres.onRollChange = (lawId, kind, persons) => {
    if (kind !== "replace") return;
    if (persons.some((person) => hasVoted(postgres.tables.participation, lawId, person))) {
      findings.push("the code of somebody who has voted was replaced");
    }
  };
  postgres.onCount = (lawId) => {
    if (world.tampered.some((ballot) => ballot.lawId === lawId)) {
      findings.push("a law was counted although its ledger was not clean");
    }
  };
  dynamoDb.onProject = (before, after) => {
    if (before === undefined) return;
    const { opensAt, closesAt = "", earlierWindows = [] } = before;
    // A window that was not confirmed may be moved.
    const isKnown = postgres.tables.laws.get(after.lawId)?.confirmedVersion === before.version;
    const isReopened = isKnown && after.opensAt !== opensAt && Date.parse(closesAt) <= world.wallClock();
    const ended = isReopened ? [...earlierWindows, { opensAt, closesAt }] : earlierWindows;
    const isKept = (window: (typeof ended)[number]) =>
      windowsOf(after).some((one) => one.opensAt === window.opensAt && one.closesAt === window.closesAt);
    if (!ended.every(isKept)) findings.push("a law does not say any more when it was open before");
  };
}
