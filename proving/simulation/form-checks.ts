import { createHash } from "node:crypto";
import { CHOICES, type Vote } from "../../shared/domain/ballot.ts";
import type { Law } from "../../shared/domain/law.ts";
import { envelopeSha256 } from "../../shared/domain/promise.ts";
import { type BoxHeader, boxLines, DamagedBox, readBox } from "../../shared/messages/box.ts";
import { WrongOpening } from "../../shared/messages/opening.ts";
import { readRefused } from "../../shared/messages/queue.ts";
import { addGroup, emptyGroup, type OpenedGroup, openGroup } from "../../trustees/open-group.ts";
import { readOpening, writeOpening } from "../../trustees/opening-file.ts";
import { electionFields } from "../../trustees/public-file.ts";
import { electionOf } from "./forms.ts";
import { pairKey, splitVoterKey, type Transaction } from "./models/postgres.ts";
import type { World } from "./world.ts";

/** Envelopes that are opened at once: a few groups are more than one. */
const GROUP = 2;

/**
 * Finds rows that a transaction writes, and that no message of ingest asked for, just before it commits.
 *
 * @param world the servers
 * @param transaction what it wrote
 */
export function strangerFindings({ genuine }: World, transaction: Transaction): string[] {
  const audited = [...transaction.audit].every(([requestId, { voterHash, acceptedAt }]) =>
    genuine.isSent(requestId, (vote) => vote.voterHash === voterHash && vote.acceptedAt === acceptedAt),
  );
  const participating = [...transaction.participation].every(([voter, { requestId }]) =>
    genuine.isSent(requestId, (vote) => vote.voterHash === splitVoterKey(voter).voterHash),
  );
  const counted = [...transaction.participation.values()].flatMap(({ requestId }) => genuine.votesOf(requestId));
  const boxed = [...transaction.box.values()].every((envelope) => counted.some(({ sealed }) => sealed === envelope));
  const isPromised = (requestId: string, promise: string | undefined, digest: string | undefined) =>
    genuine.isSent(requestId, (vote) => vote.macs?.promise === promise && digestOf(vote) === digest);
  const promised =
    [...transaction.audit].every(([id, { promise, envelopeSha256 }]) => isPromised(id, promise, envelopeSha256)) &&
    [...transaction.repeated].every(([pair, promise]) => {
      const [requestId = "", digest] = pair.split(" ");
      return isPromised(requestId, promise, digest);
    });
  return [
    ...(audited && participating && boxed ? [] : ["something is recorded that ingest did not send"]),
    ...(promised ? [] : ["a submission is recorded with something else than ingest has promised for it"]),
  ];
}

function digestOf({ sealed }: Vote): string | undefined {
  return sealed === undefined ? undefined : envelopeSha256(sealed).toString("hex");
}

/**
 * Finds promises that voters have and no table keeps, and counted submissions whose audit names another envelope than
 * the box has.
 *
 * @param world at the end
 */
export function promiseFindings({ accepted, laws, postgres: { tables }, restored, genuine }: World): string[] {
  const withForm = new Set(laws.flatMap(({ lawId, form }) => (form === undefined ? [] : [lawId])));
  const boxed = new Set([...tables.box.values()].map((sealed) => envelopeSha256(sealed).toString("hex")));
  const findings = new Set<string>();
  for (const { requestId, lawId, promise, envelopeSha256: digest } of accepted) {
    if (!withForm.has(lawId) || restored.forgotten.has(requestId)) continue;
    // A retry after the close has none where another envelope was recorded.
    if (promise === undefined) continue;
    const row = tables.audit.get(requestId);
    const pair = pairKey(requestId, digest ?? "");
    const isKept = row?.envelopeSha256 === digest ? row?.promise === promise : tables.repeated.get(pair) === promise;
    if (!isKept && !restored.forgottenPairs.has(pair)) findings.add("a voter has a promise that no table keeps");
  }
  for (const [requestId, { status, envelopeSha256: digest }] of tables.audit) {
    if (status !== "counted" || digest === undefined || genuine.votesOf(requestId).length === 0) continue;
    if (!boxed.has(digest)) findings.add("the audit of a counted vote names an envelope that is not in the box");
  }
  return [...findings];
}

/**
 * Finds genuine messages that a consumer has refused, and forged ones that it has not.
 *
 * @param world at the end
 * @param garbage the messages that were put on queues and can never be recorded
 */
export function refusedFindings(world: World, garbage: ReadonlySet<string>): string[] {
  const refused = lettersOf(world).flatMap((body) => readRefused(body)?.body ?? []);
  return refused.some((body) => !garbage.has(body)) ? ["a genuine message was refused"] : [];
}

/**
 * Exports the box of each sealed law, opens it as its trustees do, and compares what is in it with what voters have
 * sent.
 *
 * @param world at the end
 */
export async function boxFindings(world: World): Promise<string[]> {
  const findings: string[] = [];
  for (const law of world.laws) if (law.form === "sealed") findings.push(...(await findingsOfLaw(world, law)));
  return findings;
}

async function findingsOfLaw(world: World, { lawId, origin = "" }: Law): Promise<string[]> {
  const { genuine, postgres } = world;
  const { box, ballots, participation, tallies } = postgres.tables;
  const envelopes = [...box].flatMap(([place, envelope]) => (splitVoterKey(place).lawId === lawId ? [envelope] : []));
  const counted = [...participation].flatMap(([voter, { requestId }]) =>
    splitVoterKey(voter).lawId === lawId ? [requestId] : [],
  );
  let opened: readonly number[];
  try {
    opened = await openedSums(lawId, origin, envelopes.sort());
  } catch (error) {
    if (!(error instanceof WrongOpening || error instanceof DamagedBox)) throw error;
    return [`the opening of ${lawId} ${error.message}`];
  }
  const contents = envelopes.map((envelope) => genuine.contentOf(lawId, envelope));
  const sums = [...CHOICES, "spoiled" as const].map((one) => contents.filter((content) => content === one).length);
  const sent = counted.map((requestId) => genuine.votesOf(requestId).map(({ sealed }) => sealed));
  return [
    ...(opened.join() === sums.join()
      ? []
      : [`${lawId}: the opening has ${ballotsOf(opened)}, and the box ${ballotsOf(sums)}`]),
    ...(areOneEach(sent, envelopes) ? [] : [`${lawId}: the box has not one envelope of each counted submission`]),
    ...(ballots.some((ballot) => ballot.lawId === lawId) || tallies.has(lawId)
      ? [`${lawId}: a sealed law has ballots before its box is opened`]
      : []),
  ];
}

function ballotsOf([oui, non, spoiled]: readonly number[]): string {
  return `${oui} oui, ${non} non and ${spoiled} spoiled ballots`;
}

/** How many ballots each choice has, and how many are spoiled, as the trustees sign it. */
async function openedSums(lawId: string, origin: string, envelopes: readonly string[]): Promise<readonly number[]> {
  const { keys, box } = electionOf(lawId);
  const election = electionFields(lawId, origin, keys);
  const header: BoxHeader = {
    ...{ v: 1, kind: "box", law_id: lawId, origin, key_id: election.key_id, proof: "none" },
    ...{ options: [...CHOICES], envelopes: envelopes.length },
  };
  const digest = createHash("sha256");
  const exported = async function* () {
    for await (const line of boxLines(header, envelopes)) {
      digest.update(line);
      yield line;
    }
  };
  const opened: OpenedGroup = emptyGroup(CHOICES.length);
  const { groups } = await readBox(exported(), GROUP);
  const opening = {
    ...{ origin, electionKey: keys.election.publicKey, privateKey: keys.election.privateKey },
    ...{ options: CHOICES.length, withTrackers: false },
  };
  for await (const group of groups) addGroup(opened, openGroup(box, opening, group));
  const { lines } = writeOpening(keys, election, header, digest.digest("hex"), opened);
  const { header: signed } = await readOpening(linesOf(lines));
  const spoiled = signed.spoiled.reduce((total, { ballots }) => total + ballots, 0);
  return [...signed.sums.map(({ ballots }) => ballots), spoiled];
}

async function* linesOf(lines: Iterable<string>): AsyncGenerator<string> {
  for (const line of lines) yield line.trimEnd();
}

/** Whether each submission has one of the envelopes for itself that were sent for it, and no envelope is left. */
function areOneEach(sent: readonly (readonly (string | undefined)[])[], envelopes: readonly string[]): boolean {
  const [first, ...others] = sent;
  if (first === undefined) return envelopes.length === 0;
  return envelopes.some((envelope) => {
    const rest = envelopes.filter((one) => one !== envelope);
    return first.includes(envelope) && rest.length === envelopes.length - 1 && areOneEach(others, rest);
  });
}

/** What happened in a history whose laws have forms. */
export interface FormFigures {
  /** In the boxes at the end. */
  readonly envelopes: number;
  /** Of these, altered copies. */
  readonly spoiled: number;
  /** Submissions that are invalid as copies. */
  readonly copies: number;
  /** Messages that consumers have refused. */
  readonly refused: number;
}

/** Counts it. */
export function formFigures(world: World): FormFigures {
  const { audit, box } = world.postgres.tables;
  const contents = [...box].map(([place, envelope]) => world.genuine.contentOf(splitVoterKey(place).lawId, envelope));
  return {
    envelopes: contents.length,
    spoiled: contents.filter((content) => content === "spoiled").length,
    copies: [...audit.values()].filter(({ invalidReason }) => invalidReason === "copied").length,
    refused: lettersOf(world).filter((body) => readRefused(body) !== undefined).length,
  };
}

function lettersOf(world: World): readonly string[] {
  return [...world.queue("votes-dlq").bodies, ...world.queue("outcomes-dlq").bodies];
}
