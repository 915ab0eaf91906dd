import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { addLaw } from "../../operations/laws/add.ts";
import { changeLaw } from "../../operations/laws/change.ts";
import { credentialLines } from "../../operations/roll/credentials.ts";
import { loadRoll } from "../../operations/roll/load-file.ts";
import { sealRoll } from "../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../operations/roll/steps/step-ports.ts";
import { Client, type Reply } from "./client.ts";
import type { FaultContext } from "./model.ts";

/** Shares of all votes. */
const DUPLICATES = 0.01;
const UNKNOWN = 0.005;
/** About as long as a browser would wait. */
const ANSWER_TIMEOUT_MS = 5_000;
const RETRY_AFTER_MS = 200;
/** If a voter gets no answer for this long, a fault does not end. */
const ANSWERED_WITHIN_MS = 120_000;
const TICK_MS = 10;

export interface Voter {
  readonly nas: string;
  readonly code: string;
  readonly choice: "oui" | "non";
  readonly isOnRoll: boolean;
}

/** A vote that a voter sends until it is answered. */
export interface Submission {
  readonly voter: Voter;
  readonly idempotencyKey: string;
  /** The request ids of its answers 202. If they differ, something is wrong. */
  readonly requestIds: Set<string>;
  tries: number;
  /** The reason if it was refused for good. */
  refused: string | undefined;
}

export interface VotingOptions {
  /** Share of second votes of voters who have voted. */
  readonly duplicates?: number;
  /** Share of voters who are not on the roll. */
  readonly unknown?: number;
  /** The size of the roll; the number of votes by default. */
  readonly voters?: number;
  /** The votes in their order. By default, every voter votes once, with these shares. */
  readonly plan?: (voters: readonly Voter[]) => Submission[];
}

/** Votes on a separate law, sent at a rate until each has an answer. */
export class Voting {
  readonly lawId: string;
  readonly submissions: readonly Submission[];
  readonly client: Client;
  readonly #context: FaultContext;
  readonly #waiting = new Set<{ readonly from: number; readonly resolve: () => void }>();
  #sent = 0;
  #answeredAt = performance.now();
  #clockAheadMs = 0;

  private constructor(context: FaultContext, lawId: string, voters: readonly Voter[], options: VotingOptions) {
    this.#context = context;
    this.lawId = lawId;
    this.client = new Client(context.stack.apiUrl);
    this.submissions = options.plan?.(voters) ?? plan(context, voters, options);
  }

  /**
   * Adds a law with a roll, and plans the votes of its voters.
   *
   * @param context how many votes at which rate
   * @param options who votes
   */
  static async prepare(context: FaultContext, options: VotingOptions = {}): Promise<Voting> {
    const { random, stack, votes, signal } = context;
    const lawId = `FAULT-${randomUUID()}`;
    const lines = [...credentialLines(options.voters ?? votes)];
    await stack.withTarget(async (target) => {
      await addLaw(target, { lawId, title: "Fault" });
      const source = (async function* () {
        yield* lines;
      })();
      const { voters } = await loadRoll(target, { laws: [lawId], source, signal });
      await sealRoll(target, stepPorts(target), lawId, voters);
      // Open since yesterday, so that it stays open when a clock goes back.
      const opensAt = new Date(Date.now() - 86_400_000).toISOString();
      await changeLaw(target.laws, lawId, () => ({ opensAt }));
    });
    const rows = lines.join("").trim().split("\n").slice(1);
    const voters = rows.map((row): Voter => {
      const [nas = "", code = ""] = row.split(",");
      return { nas, code, choice: random.next() < 0.55 ? "oui" : "non", isOnRoll: true };
    });
    return new Voting(context, lawId, voters, options);
  }

  /** Milliseconds of `performance.now()` when the last answer came. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** How far ingest's clock was ahead of this process's clock when ingest accepted the last vote. */
  get clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  /** Sends all votes at the rate, and resolves when each has its answer or was refused for good. */
  async drive(): Promise<void> {
    const { rate, signal } = this.#context;
    const startedMs = performance.now();
    const answers: Promise<void>[] = [];
    while (this.#sent < this.submissions.length) {
      signal.throwIfAborted();
      const due = Math.min(this.submissions.length, Math.floor(((performance.now() - startedMs) / 1_000) * rate));
      while (this.#sent < due) answers.push(this.#next());
      await pause(TICK_MS);
    }
    await Promise.all(answers);
  }

  /** Sends all votes at once. */
  async driveAtOnce(): Promise<void> {
    await Promise.all(this.submissions.map(() => this.#next()));
  }

  /**
   * Resolves when this many votes were sent.
   *
   * @param count how many
   */
  sent(count: number): Promise<void> {
    if (this.#sent >= count) return Promise.resolve();
    const { signal } = this.#context;
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#waiting.add({ from: count, resolve });
    });
  }

  /**
   * Sends a vote once.
   *
   * @param submission the vote
   * @param timeoutMs after which its answer is given up
   */
  async send(submission: Submission, timeoutMs = ANSWER_TIMEOUT_MS): Promise<Reply> {
    const { voter, idempotencyKey } = submission;
    submission.tries += 1;
    const body = { nas: voter.nas, code: voter.code, law_id: this.lawId, vote: voter.choice };
    const reply = await this.client.vote(body, idempotencyKey, timeoutMs);
    const { request_id: requestId, accepted_at: acceptedAt } = reply.body;
    if (reply.status === 202 && typeof requestId === "string") {
      submission.requestIds.add(requestId);
      this.#answeredAt = performance.now();
      this.#clockAheadMs = Date.parse(String(acceptedAt)) - Date.now();
    }
    return reply;
  }

  /**
   * Sends a vote again and again, as the same submission, until it is accepted.
   *
   * @param submission the vote
   */
  async insist(submission: Submission): Promise<void> {
    const deadline = performance.now() + ANSWERED_WITHIN_MS;
    while (submission.refused === undefined) {
      const { status } = await this.send(submission);
      if (status === 202) return;
      if (status !== undefined && status !== 429 && status < 500) submission.refused = `status ${status}`;
      else if (performance.now() > deadline) submission.refused = `no answer in ${ANSWERED_WITHIN_MS / 1_000} s`;
      else await pause(RETRY_AFTER_MS);
      this.#context.signal.throwIfAborted();
    }
  }

  #next(): Promise<void> {
    const submission = this.submissions[this.#sent];
    if (submission === undefined) throw new Error("all votes were sent");
    this.#sent += 1;
    for (const waiting of this.#waiting) {
      if (this.#sent < waiting.from) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
    return this.insist(submission);
  }
}

/** The order of votes: every voter once, mixed with second votes and with votes of people who are not on the roll. */
function plan(
  { random, votes }: FaultContext,
  voters: readonly Voter[],
  { duplicates = DUPLICATES, unknown = UNKNOWN }: VotingOptions,
): Submission[] {
  const submissions: Submission[] = [];
  for (let next = 0; submissions.length < votes; ) {
    const dice = random.next();
    if (dice < unknown) submissions.push(submissionOf(stranger()));
    else if (dice < unknown + duplicates && next > 0) {
      submissions.push(submissionOf(voters[random.below(next)] ?? stranger()));
    } else submissions.push(submissionOf(voters[next++] ?? stranger()));
  }
  return submissions;
}

/**
 * A new submission of a voter.
 *
 * @param voter who votes
 */
export function submissionOf(voter: Voter): Submission {
  return { voter, idempotencyKey: randomUUID(), requestIds: new Set(), tries: 0, refused: undefined };
}

function stranger(): Voter {
  const [, row = ""] = [...credentialLines(1)];
  const [nas = "", code = ""] = row.trim().split(",");
  return { nas, code, choice: "oui", isOnRoll: false };
}
