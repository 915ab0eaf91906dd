import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { z } from "zod";
import { Refusal } from "../../../shared/domain/refusal.ts";
import * as count from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import { listProposals, readJournal } from "../../../shared/messages/operators/journal.ts";
import { freezeLaw, listLaws, unfreezeLaw } from "../../../shared/messages/operators/laws.ts";
import { ledger } from "../../../shared/messages/operators/ledger.ts";
import * as queues from "../../../shared/messages/operators/queues.ts";
import { compareReceipts, listOrphans } from "../../../shared/messages/operators/receipts.ts";
import * as changes from "../../../shared/messages/operators/roll-changes.ts";
import { countRolls } from "../../../shared/messages/operators/rolls.ts";
import { doorOn } from "../support/door.ts";
import { CONTEXT, request } from "../support/function-target.ts";
import { openRollDoor } from "../support/roll-door.ts";
import type { TestTarget } from "../support/test-target.ts";
import type { Election } from "./election.ts";
import { type Sighting, sighted } from "./sighting.ts";

/** What people see: through the operators' API, through the public one, or in their files. */
export interface PeopleReaders {
  /** The numbers that everybody with a role of people may ask for. */
  looks(election: Election): Promise<readonly Sighting[]>;
  /** Everything else that they may look at. */
  otherLooks(election: Election): Promise<readonly Sighting[]>;
  /** What the acts on rolls tell besides, if somebody asks for each voter. */
  findings(election: Election): Promise<readonly Sighting[]>;
  /** The public answers, with the receipts of all request ids: somebody may have collected these. */
  public(election: Election): Promise<readonly Sighting[]>;
  close(): Promise<void>;
}

/**
 * Opens both APIs.
 *
 * @param stack the stores
 */
export async function openPeople(stack: TestTarget): Promise<PeopleReaders> {
  const door = doorOn(stack);
  const rollDoor = openRollDoor(stack, "anna");
  const [results, receipt, laws] = await Promise.all([
    import("../../../functions/results/index.ts"),
    import("../../../functions/receipt/index.ts"),
    import("../../../functions/laws/index.ts"),
  ]);
  const acts = async (...calls: readonly (readonly [Act, object])[]) => {
    const seen: Sighting[] = [];
    for (const [act, body] of calls) {
      const refused = (error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        return error.message;
      };
      seen.push(answered(await door.drive(act, { request: body }).catch(refused)));
    }
    return seen;
  };
  return {
    async looks({ laws: { open, sealed }, votes }) {
      const lawIds = [open, sealed].map(({ law }) => law.lawId);
      // So that the journal has something to tell.
      if (votes.length === 0)
        await acts(...[freezeLaw, unfreezeLaw].map((act) => [act, { law_id: lawIds[0] }] as const));
      return tallies(await door.drive(ledger, { request: { laws: lawIds } }));
    },
    async otherLooks({ laws: { open, sealed } }) {
      const lawIds = [open, sealed].map(({ law }) => law.lawId);
      const comparison = await door.drive(compareReceipts, { request: {} });
      return [
        ...(await acts(
          [listLaws, {}],
          [readJournal, {}],
          [listProposals, {}],
          [queues.queueDepths, {}],
          [queues.listSetAside, {}],
          [queues.deadLetters, { queue: "votes" }],
          [queues.deadLetters, { queue: "outcomes" }],
          ...lawIds.map((law_id) => [queues.planSettling, { law_id }] as const),
          ...lawIds.map((law_id) => [count.planCount, { law_id }] as const),
          [listOrphans, { comparison: compareReceipts.result.parse(comparison).comparison }],
        )),
        answered(comparison),
        answered(await rollDoor.perform(countRolls, {})),
      ];
    },
    async findings({ votes }) {
      const asked = new Map(votes.map((vote) => [`${vote.lawId} ${vote.nas}`, vote]));
      const seen: Sighting[] = [];
      for (const { lawId: law_id, nas } of asked.values()) {
        const request = { law_id, kind: "find" as const, voters: `1,${nas}` };
        const prepared = await rollDoor.perform(changes.prepareRollChange, request);
        if (prepared.kind !== "done") throw new Error("it was proposed");
        const found = await rollDoor.perform(changes.findVoter, { law_id, draft: prepared.result.draft });
        seen.push(answered({ nas, ...found }));
      }
      return seen;
    },
    async public({ votes, laws: { open, sealed } }) {
      const asked: Promise<Sighting>[] = [
        ask(results.handler, "/api/v1/results", {}),
        ask(laws.handler, "/api/v1/laws", {}),
        ...[open, sealed].flatMap(({ law: { lawId: law_id } }) => [
          ask(results.handler, "/api/v1/turnout/{law_id}", { law_id }),
          ask(results.handler, "/api/v1/results/{law_id}", { law_id }),
          ask(laws.handler, "/api/v1/laws/{law_id}", { law_id }),
        ]),
        ...votes.map(({ requestId: request_id }) => ask(receipt.handler, "/api/v1/votes/{request_id}", { request_id })),
      ];
      return Promise.all(asked);
    },
    close: () => rollDoor.close(),
  };
}

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

async function ask(handler: Handler, path: string, parameters: Record<string, string>): Promise<Sighting> {
  const { body } = await handler(request("GET", path, { parameters }), CONTEXT);
  const { law_id: lawId, oui_count: oui, non_count: non } = JSON.parse(body);
  const tally = oui === undefined ? undefined : { source: "results" as const, lawId, oui, non };
  // A receipt belongs to the request id that was asked for.
  return sighted(JSON.stringify([parameters, JSON.parse(body)]), { tally });
}

function answered(answer: unknown): Sighting {
  return sighted(JSON.stringify(answer));
}

function tallies(answer: unknown): Sighting[] {
  const { laws } = answer as z.output<typeof ledger.result>;
  return laws.map((law) => ({
    ...answered(law),
    tally: { source: "ledger" as const, lawId: law.law_id, ...law.tally },
  }));
}
