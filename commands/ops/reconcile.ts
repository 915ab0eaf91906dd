import { readLedger } from "../../operations/ledger/read.ts";
import { withTarget } from "../../places/find-target.ts";
import { checkLedger, type LawFacts, type LedgerFacts, type LedgerReport } from "../../shared/domain/ledger.ts";
import { print } from "../../terminal/print.ts";
import { table } from "../../terminal/table.ts";
import type { CommonOptions } from "../common-options.ts";
import { acceptedIds, refuseUnreadable } from "./accepted-ids.ts";

interface ReconcileOptions extends CommonOptions {
  readonly law?: readonly string[];
  readonly accepted?: string;
}

/** Exit codes by verdict. */
const EXIT = { clean: 0, broken: 1, pending: 3 } as const;

/**
 * `npm run ops -- reconcile`: checks the ledger and says in words what is wrong.
 *
 * @param options which laws, and a list of accepted request ids
 */
export async function reconcile(options: ReconcileOptions): Promise<void> {
  const { accepted } = options;
  if (accepted !== undefined) refuseUnreadable(accepted);
  await withTarget(options, async (target) => {
    const facts = await readLedger(target, {
      laws: options.law,
      accepted: accepted === undefined ? undefined : acceptedIds(accepted),
    });
    const report = checkLedger(facts);
    print(options, { ...report, laws: facts.laws, depths: facts.depths, accepted: facts.accepted }, () =>
      describeReport(facts, report),
    );
    process.exitCode = EXIT[report.verdict];
  });
}

const VERDICTS: Readonly<Record<LedgerReport["verdict"], string>> = {
  clean: "The ledger is clean.",
  broken: "The ledger is NOT right:",
  pending: "No verdict yet: votes are still in the queues. What can be judged so far is right.",
};

function describeReport(facts: LedgerFacts, report: LedgerReport): string {
  const lines = facts.laws.length === 0 ? ["No law has a roll or votes."] : [table([HEADING, ...facts.laws.map(row)])];
  if (facts.accepted !== undefined) lines.push(`${facts.accepted.total} accepted request ids were looked up.`);
  lines.push(VERDICTS[report.verdict]);
  for (const { invariant, lawId, message } of report.findings) {
    lines.push(`  invariant ${invariant}${lawId === undefined ? "" : `, ${lawId}`}: ${message}`);
  }
  for (const advice of report.advice) lines.push(`Note: ${advice}.`);
  return lines.join("\n");
}

const HEADING = ["law", "voters", "participation", "ballots", "oui", "non", "duplicate", "invalid"];

function row(law: LawFacts): string[] {
  const figures = [
    law.voters,
    law.participation,
    law.ballots.oui + law.ballots.non,
    law.tally.oui,
    law.tally.non,
    law.audit.duplicate,
    law.audit.invalid,
  ];
  return [law.lawId, ...figures.map(String)];
}
