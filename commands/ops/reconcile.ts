import { randomUUID } from "node:crypto";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { checkLedger, type LawFacts, type LedgerFacts, type LedgerReport } from "../../shared/domain/ledger.ts";
import type { StepProgress } from "../../shared/messages/operators/envelope.ts";
import { factsOfAnswer, ledger, takeAccepted } from "../../shared/messages/operators/ledger.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progressByStep } from "../../terminal/progress.ts";
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
  const { api } = await findOperators(options);
  const facts = await readFacts(api, options);
  const report = checkLedger(facts);
  print(options, { ...report, laws: facts.laws, depths: facts.depths, accepted: facts.accepted }, () =>
    describeReport(facts, report),
  );
  process.exitCode = EXIT[report.verdict];
}

async function readFacts(api: Pick<OperatorsApi, "look">, { law, accepted }: ReconcileOptions): Promise<LedgerFacts> {
  const { signal, release } = interruptible();
  const bars = progressByStep();
  try {
    const comparison = accepted === undefined ? undefined : randomUUID();
    if (accepted !== undefined && comparison !== undefined) {
      let sent = 0;
      for await (const ids of acceptedIds(accepted)) {
        await api.look(takeAccepted, { comparison, request_ids: [...ids] }, { signal });
        sent += ids.length;
        bars.show("accepted request ids sent", sent);
      }
    }
    const request = { laws: law === undefined ? undefined : [...law], comparison };
    const onProgress = ({ label, done, total }: StepProgress) => bars.show(label, done, total);
    return factsOfAnswer(await api.look(ledger, request, { signal, onProgress }));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError("Interrupted: there is no verdict, and nothing was changed. Run the same command again.", 130);
  } finally {
    bars.stop();
    release();
  }
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
