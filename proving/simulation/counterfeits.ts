import { OUTCOMES } from "../../shared/domain/outcome.ts";
import { issueRequestId } from "../../shared/domain/request-id.ts";
import { type Random, seededRandom } from "../random.ts";
import type { World } from "./world.ts";

/** The fields of a message. */
type Fields = Readonly<Record<string, unknown>>;

interface Forger {
  readonly world: World;
  readonly random: Random;
  /** The messages of laws with a form that were sent to the queue. */
  readonly sent: readonly Fields[];
  readonly isOutcome: boolean;
}

/** What somebody can do who can read a queue and write to it, and has no key. */
const KINDS = ["altered", "macs of another", "replayed", "without macs", "made up", "made up"] as const;

/**
 * A message of somebody who is not ingest or validate.
 *
 * @param world the servers
 * @param name the queue that it goes to
 * @param seed of the choice
 * @returns its body; one that was sent before is a replay
 */
export function counterfeit(world: World, name: "votes" | "outcomes", seed: number): string {
  const random = seededRandom(seed);
  const sent = world.queue(name).everSent.flatMap((body): Fields[] => {
    if (!body.startsWith("{")) return [];
    const fields: Fields = JSON.parse(body);
    // Nothing shows that a message of a law without a form is not genuine.
    const hasForm = world.laws.some(({ lawId, form }) => lawId === fields["law_id"] && form !== undefined);
    return fields["v"] === 2 && hasForm ? [fields] : [];
  });
  const forger: Forger = { world, random, sent, isOutcome: name === "outcomes" };
  const kind = sent.length === 0 ? "made up" : random.pick(KINDS);
  return JSON.stringify(FORGE[kind](forger));
}

const FORGE: Readonly<Record<(typeof KINDS)[number], (forger: Forger) => Fields>> = {
  replayed: ({ random, sent }) => random.pick(sent),
  altered: (forger) => ({ ...forger.random.pick(forger.sent), ...change(forger) }),
  "macs of another": ({ random, sent }) => {
    const { key_version, mac_validate, promise, mac_record, mac_outcome } = random.pick(sent);
    return { ...random.pick(sent), key_version, mac_validate, promise, mac_record, mac_outcome };
  },
  "without macs": ({ random, sent, isOutcome }) => {
    const { request_id, law_id, voter_hash, accepted_at } = random.pick(sent);
    const choice = random.pick(["oui", "non"] as const);
    return { v: 1, request_id, law_id, voter_hash, accepted_at, choice, ...(isOutcome ? outcome(random) : {}) };
  },
  "made up": ({ world, random, isOutcome }) => {
    const { lawId, voterHash } = random.pick(world.hashed);
    const id = Uint8Array.from({ length: 16 }, () => random.below(256));
    const [envelope = random.pick(["oui", "non"] as const)] = world.genuine.envelopesOf(lawId);
    return {
      v: 2,
      request_id: issueRequestId(id, lawId, 1, Buffer.alloc(32, 1)),
      law_id: lawId,
      voter_hash: voterHash.toString("hex"),
      accepted_at: world.time(),
      ...(envelope.length > 3 ? { sealed: envelope } : { choice: envelope }),
      key_version: 1,
      mac_validate: madeUpMac(random),
      promise: `${"0".repeat(16)}.${"A".repeat(86)}`,
      mac_record: madeUpMac(random),
      ...(isOutcome ? { ...outcome(random), mac_outcome: madeUpMac(random) } : {}),
    };
  },
};

function outcome(random: Random): Fields {
  return { outcome: random.pick(OUTCOMES) };
}

function madeUpMac(random: Random): string {
  return Buffer.from(Uint8Array.from({ length: 32 }, () => random.below(256))).toString("base64url");
}

/** Another value of one field of a message. */
function change({ world, random, sent, isOutcome }: Forger): Fields {
  const another = random.pick(sent);
  const { request_id, law_id, sealed, choice, promise } = another;
  const changes: Fields[] = [
    // Of the same law as its request id says.
    { request_id, law_id },
    { voter_hash: random.pick(world.hashed).voterHash.toString("hex") },
    { accepted_at: new Date(world.wallClock() - random.below(100_000)).toISOString() },
    { sealed, choice },
    { promise },
    { choice: random.pick(["oui", "non"] as const), sealed: undefined },
    { key_version: 1 + random.below(3) },
    { pepper_id: "7" },
    ...(isOutcome ? [outcome(random), { mac_outcome: madeUpMac(random) }] : []),
  ];
  return random.pick(changes);
}
