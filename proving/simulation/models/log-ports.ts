import type { LoggedLaw, LogPorts, LogSession, MarkedLaw } from "../../../operations/log/ports.ts";
import { ed25519Pair } from "../../../shared/domain/ed25519.ts";
import type { Law } from "../../../shared/domain/law.ts";
import type { DescribedLaw } from "../../../shared/domain/log/description.ts";
import { noteSigner } from "../../../shared/domain/log/note.ts";
import type { JournalFacts } from "../../../shared/domain/log/public-journal.ts";
import type { Process } from "../scheduler.ts";
import type { LogTables } from "./log-tables.ts";
import type { SimObjects } from "./objects.ts";
import { DatabaseError, type JournalRow, type SimPostgres } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

const PAIR = ed25519Pair(Buffer.alloc(32, 5));
/** The public key of every simulated log. */
export const LOG_KEY = PAIR.publicKey.toString("base64url");
/** A run loses its connection in one of so many, and its lock with it, within so long. */
const BROKEN_IN_ONE_OF = 4;
const BROKEN_WITHIN_MS = 400;

/** What logs are kept with. */
export interface LogServers {
  readonly postgres: SimPostgres;
  readonly objects: SimObjects;
  readonly laws: readonly Law[];
  /** Whether nothing goes wrong any more. */
  readonly isHealed: () => boolean;
  /** Told of everything that is signed. */
  readonly onSigned: (law: LoggedLaw, text: string) => void;
}

/**
 * The servers of a run, or of bringing a log back.
 *
 * @param servers the models
 * @param process who calls; its lock ends with it
 */
export function logPorts(servers: LogServers, process: Process): LogPorts {
  const { postgres, objects, laws, onSigned } = servers;
  const lost = () => new DatabaseError("the connection was lost", "08006");
  const call = <T>(label: string, effect: () => T) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  return {
    objects: objects.port(process),
    database: {
      laws: () => call("which laws have logs", () => laws.flatMap((law) => loggedLaw(postgres, law) ?? [])),
      begin: async (lawId) => {
        const owner = {};
        const breaks = !servers.isHealed() && process.random.below(BROKEN_IN_ONE_OF) === 0;
        const breaksAt = breaks ? process.random.below(BROKEN_WITHIN_MS) : undefined;
        const release = () => {
          if (postgres.logLocks.get(lawId) === owner) postgres.logLocks.delete(lawId);
        };
        process.onEnd(release);
        const taking = call("take the lock of a log", () => {
          if (postgres.logLocks.has(lawId)) return undefined;
          postgres.logLocks.set(lawId, owner);
          return postgres.clock();
        });
        // A connection whose answer is lost is not used again, and its lock is free.
        const began = await taking.catch((error: unknown) => {
          release();
          throw error;
        });
        if (began === undefined) return undefined;
        const law = laws.find((one) => one.lawId === lawId);
        if (law === undefined) throw new Error(`there is no law ${lawId}`);
        const query: Query = async (label, effect) =>
          await call(label, () => {
            const isBroken = breaksAt !== undefined && postgres.clock() > began + breaksAt;
            if (isBroken) release();
            // Also after a restore: the database that had the lock was given up.
            if (postgres.logLocks.get(lawId) !== owner) throw lost();
            const log = postgres.tables.logs.get(lawId);
            if (log === undefined) throw new Error(`${lawId} has no log`);
            return effect(log);
          });
        return sessionOf(postgres, law, query, async () => release());
      },
    },
    signerOf: async (law) => {
      const signer = noteSigner(law.origin, PAIR.publicKey, PAIR.privateKey);
      return {
        ...signer,
        sign: async (message) =>
          await process.step(
            "sign",
            () => {
              onSigned(law, Buffer.from(message).toString("utf8"));
              return signer.sign(message);
            },
            { faults: CALL_FAULTS },
          ),
      };
    },
  };
}

function loggedLaw({ tables }: SimPostgres, law: Law): MarkedLaw | undefined {
  if (law.logKey === undefined || !tables.seals.has(law.lawId)) return undefined;
  return { lawId: law.lawId, origin: law.origin ?? "", key: law.logKey, mark: "" };
}

type Query = <T>(label: string, effect: (log: LogTables) => T | Promise<T>) => Promise<T>;

function sessionOf(postgres: SimPostgres, law: Law, query: Query, release: () => Promise<void>): LogSession {
  const { tables } = postgres;
  return {
    release,
    describedLaw: () => query("the facts of a law", () => describedLaw(postgres, law)),
    descriptions: () => query("descriptions", ({ session }) => session.descriptions()),
    addDescription: (...description) =>
      query("add a description", ({ session }) => session.addDescription(...description)),
    newJournal: (most) => query("new entries of the journal", (log) => newJournal(tables.journal, law, log, most)),
    lastJournal: () => query("the last public text", ({ session }) => session.lastJournal()),
    addJournal: (...texts) => query("add public texts", ({ session }) => session.addJournal(...texts)),
    journalTexts: (to) => query("public texts", ({ session }) => session.journalTexts(to)),
    latestEpochs: () => query("the last epochs", ({ session }) => session.latestEpochs()),
    hasRecordingEnded: () => query("has recording ended", () => postgres.isCounted(law.lawId)),
    waiting: (most) => query("what waits", ({ session }) => session.waiting(most)),
    entries: (from, to) => query("entries", ({ session }) => session.entries(from, to)),
    tileRoots: (...range) => query("roots of tiles", ({ session }) => session.tileRoots(...range)),
    commit: (epoch) => query("commit an epoch", (log) => log.commit(epoch)),
    restore: (epoch) => query("bring an epoch back", (log) => log.restoreEpoch(epoch)),
    noteRestore: () => query("note that the log is back", ({ session }) => session.noteRestore()),
    wasRestored: () => query("was the log ever brought back", ({ session }) => session.wasRestored()),
    journalDiffers: (texts) => query("compare the journal", () => journalDiffers(tables.journal, texts)),
    journalRollDigest: () => query("the digest in the journal", () => journalRollDigest(tables.journal, law.lawId)),
  };
}

function describedLaw({ tables }: SimPostgres, law: Law): DescribedLaw | undefined {
  const seal = tables.seals.get(law.lawId);
  if (seal === undefined) return undefined;
  const roll = { voters: seal.voters, digest: seal.digest.toString("hex") };
  return { ...law, origin: law.origin ?? "", promiseKeys: law.promiseKeys ?? [], roll };
}

/** `log_new_journal`. */
function newJournal(journal: readonly JournalRow[], { lawId }: Law, log: LogTables, most: number): JournalFacts[] {
  const first = journal.find((one) => one.law_id === lawId)?.number ?? Number.POSITIVE_INFINITY;
  const after = log.texts.at(-1)?.number ?? first - 1;
  return journal
    .filter(({ number, law_id }) => number > after && (law_id === null || law_id === undefined || law_id === lawId))
    .slice(0, most)
    .map(({ number, at, act, phase, law_id, content }) => ({
      ...{ number, at, act, phase, lawId: law_id ?? null, by: "0".repeat(64), roleName: "", approvedBy: null, content },
    }));
}

/** `log_journal_differs`. */
function journalDiffers(journal: readonly JournalRow[], texts: readonly string[]): number | undefined {
  const said = texts.map((text) => JSON.parse(text) as Pick<JournalRow, "number" | "at" | "act" | "phase">);
  return said.find(({ number, at, act, phase }) => {
    const entry = journal.find((one) => one.number === number);
    return entry?.at !== at || entry.act !== act || entry.phase !== phase;
  })?.number;
}

/** `journal_roll_digest`. */
function journalRollDigest(journal: readonly JournalRow[], lawId: string): string | undefined {
  const digests = journal.flatMap(({ act, phase, law_id, content }) => {
    if (law_id !== lawId || phase !== "done" || !["seal-roll", "change-roll"].includes(act)) return [];
    const { result } = JSON.parse(content) as { readonly result?: { readonly digest?: string } };
    return result?.digest === undefined ? [] : [result.digest];
  });
  return digests.at(-1);
}
