import * as journal from "../../shared/messages/operators/journal.ts";
import { journalEntries } from "./journal.ts";
import { proposals } from "./proposals.ts";
import { codeOf } from "./services.ts";

export const readJournalCode = codeOf(journal.readJournal, {
  step: async ({ servers }, { law_id: lawId, after, limit }) => ({
    done: true,
    result: await journalEntries(servers.pool, { lawId, after, limit }),
  }),
});

export const listProposalsCode = codeOf(journal.listProposals, {
  step: async ({ servers }, { all = false, id }) => ({
    done: true,
    result: { proposals: await proposals(servers.pool, { all, id }) },
  }),
});
