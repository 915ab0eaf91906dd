import { readLedger } from "../../operations/ledger/read.ts";
import type { Target } from "../../places/target.ts";
import { checkLedger } from "../../shared/domain/ledger.ts";
import { UserError } from "../../terminal/errors.ts";

/**
 * Checks that every accepted vote was counted once.
 *
 * @param target a running local stack on which nothing waits any more
 * @param lawId the law
 * @param requestIds of the accepted votes
 * @throws UserError when the ledger is not clean
 */
export async function checkAccepted(target: Target, lawId: string, requestIds: readonly string[]): Promise<void> {
  async function* ids(): AsyncGenerator<readonly string[]> {
    yield requestIds;
  }
  const report = checkLedger(await readLedger(target, { laws: [lawId], accepted: ids() }));
  if (report.verdict !== "clean") {
    const why = report.findings.map((finding) => finding.message).join("; ");
    throw new UserError(`After the votes on ${lawId} the ledger is ${report.verdict}: ${why}`);
  }
}
