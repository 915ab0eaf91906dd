import type { Command } from "commander";
import { z } from "zod";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { readProposal } from "../../places/operators/read-proposal.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import * as journal from "../../shared/messages/operators/journal.ts";
import { closeLaw, openLaw } from "../../shared/messages/operators/laws.ts";
import { confirm } from "../../terminal/confirm.ts";
import { UserError } from "../../terminal/errors.ts";
import { localInstant } from "../../terminal/instant.ts";
import { print } from "../../terminal/print.ts";
import { table } from "../../terminal/table.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { untilInForce } from "../law-window.ts";
import { perform } from "../perform.ts";
import { type SlipOptions, withYes } from "../slip-options.ts";
import { describeIncomplete, describeOutcome, describeWish } from "./act-words.ts";
import { planOf } from "./proposal-plan.ts";

interface PendingOptions extends CommonOptions {
  readonly all?: true;
}

interface ApproveOptions extends CommonOptions, SlipOptions {
  /** False with `--no-carry-out`. */
  readonly carryOut: boolean;
}

/**
 * Adds `npm run ops -- pending`, `approve`, `refuse` and `carry-out`.
 *
 * @param program the ops command
 */
export function proposalCommands(program: Command): void {
  withCommonOptions(
    program
      .command("pending")
      .description("lists what a second person has to decide, and what was approved and is not done yet")
      .option("--all", "also what was refused, done, or has ended"),
  ).action(pending);
  withYes(
    withCommonOptions(
      program
        .command("approve <id>")
        .description("shows what somebody has proposed, approves exactly that, and has it done")
        .option("--no-carry-out", "approves only; npm run ops -- carry-out does it")
        .addHelpText("after", "\nWho has proposed it cannot approve it."),
    ),
  ).action(approve);
  withCommonOptions(
    program.command("refuse <id>").description("shows what somebody has proposed, and refuses it"),
  ).action(refuse);
  withCommonOptions(
    program
      .command("carry-out <id>")
      .description("does what was approved; after an interruption it goes on, on any machine"),
  ).action(carryOut);
}

type Api = Pick<OperatorsApi, "look" | "perform">;

async function pending(options: PendingOptions): Promise<void> {
  const { api } = await findOperators(options);
  const { proposals } = await api.look(journal.listProposals, { all: options.all });
  print(options, { proposals }, () =>
    proposals.length === 0
      ? `Nothing ${options.all ? "was proposed yet" : "waits for a second person"}.`
      : [
          table([
            ["id", "state", "proposed by", "ends", "to"],
            ...proposals.map((proposal) => [
              proposal.id,
              proposal.state,
              proposal.proposed_by,
              localInstant(proposal.expires_at),
              describeWish(proposal.act, JSON.parse(proposal.request)),
            ]),
          ]),
          "npm run ops -- approve ID, or refuse ID, decides; carry-out ID does what is approved.",
        ].join("\n"),
  );
}

async function approve(id: string, options: ApproveOptions): Promise<void> {
  const { api } = await findOperators(options);
  const proposal = await proposalOf(api, id);
  const read = readProposal(proposal);
  const what = [describeProposal(proposal, describeWish(read.act.name, read.request)), await planOf(api, read)]
    .filter(Boolean)
    .join(" ");
  // A script sees in its log what it has approved.
  if (options.yes) process.stderr.write(`${what}\n`);
  const afterwards = options.carryOut
    ? "Once you approve it, it is done at once."
    : "Once you approve it, it is done as soon as somebody carries it out.";
  await confirm(options, { what, word: read.word, afterwards });
  const decided = await decide(api, journal.approve, proposal);
  if (!options.carryOut) {
    return print(options, { proposal: decided }, () => `Approved. npm run ops -- carry-out ${id} does it.`);
  }
  process.stderr.write("Approved.\n");
  await done(api, decided, options);
}

async function refuse(id: string, options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const proposal = await proposalOf(api, id);
  process.stderr.write(`${describeProposal(proposal, describeWish(proposal.act, JSON.parse(proposal.request)))}\n`);
  const decided = await decide(api, journal.refuse, proposal);
  print(options, { proposal: decided }, () => "Refused; nothing was done.");
}

async function carryOut(id: string, options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const proposal = await proposalOf(api, id);
  if (proposal.state === "pending") {
    throw new UserError(`The proposal ${id} is not approved yet: a second person types npm run ops -- approve ${id}.`);
  }
  const { act, request } = readProposal(proposal);
  process.stderr.write(`${describeProposal(proposal, describeWish(act.name, request))}\n`);
  await done(api, proposal, options);
}

/** Does what is approved. What was done already answers what came of it. */
async function done(api: Api, proposal: journal.Proposal, options: CommonOptions): Promise<void> {
  const { act, request } = readProposal(proposal);
  const { id } = proposal;
  const interrupted = () => `Interrupted: what was done stays. npm run ops -- carry-out ${id} goes on.`;
  const result = await perform(api, act, request, { ...options, proposal: id, interrupted });
  await untilWindowChanges(act.name, request, result);
  print(options, { proposal: { ...proposal, state: "done" }, result }, () => describeOutcome(act.name, result));
  const incomplete = describeIncomplete(act.name, result);
  if (incomplete !== undefined) throw new UserError(incomplete);
}

/** Waits as `laws open` and `close` do: for a moment that nobody has named, because it is some seconds ahead. */
async function untilWindowChanges(act: string, request: unknown, result: unknown): Promise<void> {
  if (act !== openLaw.name && act !== closeLaw.name) return;
  const { law, in_force_at, now } = closeLaw.result.parse(result);
  const isNamed = z.object({ at: z.string() }).safeParse(request).success;
  if (isNamed || in_force_at === null || Date.parse(in_force_at) <= Date.parse(now)) return;
  await untilInForce(law, now, in_force_at);
}

/** Decides on exactly what was shown. */
async function decide(
  api: Api,
  act: typeof journal.approve | typeof journal.refuse,
  { id, hash }: journal.Proposal,
): Promise<journal.Proposal> {
  const outcome = await api.perform(act, { id, hash });
  if (outcome.kind === "proposed") throw new Error(`a decision needs no second person and was proposed: ${id}`);
  return outcome.result.proposal;
}

async function proposalOf(api: Api, id: string): Promise<journal.Proposal> {
  if (z.uuid().safeParse(id).success) {
    const { proposals } = await api.look(journal.listProposals, { id: id.toLowerCase() });
    const [proposal] = proposals;
    if (proposal !== undefined) return proposal;
  }
  throw new Refusal(`There is no proposal ${id}.`, { code: "no_such_proposal", subject: id });
}

function describeProposal(proposal: journal.Proposal, wish: string): string {
  const { proposed_by, proposed_at, expires_at, state } = proposal;
  const ends = state === "pending" ? `, and it ends at ${localInstant(expires_at)}` : `, and it is ${state}`;
  return `${proposed_by} has proposed at ${localInstant(proposed_at)}${ends}: to ${wish}.`;
}
