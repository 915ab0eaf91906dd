import { CHOICES } from "../../../shared/domain/ballot.ts";
import { envelopeSha256 } from "../../../shared/domain/promise.ts";
import { parseRequestId } from "../../../shared/domain/request-id.ts";
import { ballotBox, openBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { personHash, voterHash } from "../../../shared/domain/voter-hash.ts";
import { formsOf } from "../../support/everything.ts";
import type { CastVote, Election } from "./election.ts";
import type { HeldKeys, Knowledge, Sighting, Tally } from "./sighting.ts";

/** What names a vote or its voter, and is searched for in everything that a role sees. */
const NAMES = ["nas", "code", "voter", "person", "request", "envelope", "digest"] as const;
type Name = (typeof NAMES)[number];

/** Nobody guesses them: a voter has voted where one of them is known, and who has the roll knows the rest. */
const OF_A_VOTE = ["request", "envelope", "digest", "choice"] as const;

/** A choice as a value; as the name of a field it says nothing of a vote. */
const CHOICE = /\b(oui|non)\b(?!\\*"\s*:)/;

/** What a role knows of one vote. */
export interface Found {
  readonly personVoted: boolean;
  readonly pseudonymVoted: boolean;
  /** Whether an envelope is known to be that of a pseudonym. */
  readonly envelope: boolean;
  /** Whose choice is known. */
  readonly choice: { readonly [Of in "person" | "pseudonym" | "request" | "envelope"]: boolean };
}

/** The bytes in any form in which a vote's names may stand somewhere. */
function formsIn(vote: CastVote, name: Name): readonly Buffer[] {
  switch (name) {
    case "nas":
    case "code":
      return formsOf(vote[name]);
    case "voter":
      return formsOf(vote.voterHash);
    case "person":
      return formsOf(vote.personHash);
    case "request":
      return [vote.requestId, parseRequestId(vote.requestId)?.id ?? vote.requestId].flatMap(formsOf);
    case "envelope": {
      if (vote.envelope === undefined) return [];
      const bytes = Buffer.from(vote.envelope, "base64url");
      // Its ephemeral key names it as well.
      return [vote.envelope, bytes, bytes.subarray(9, 41)].flatMap(formsOf);
    }
    case "digest":
      return vote.envelope === undefined ? [] : formsOf(envelopeSha256(vote.envelope));
  }
}

/** The identifiers of a vote as nodes of a graph. Two submissions of a voter share some of them. */
function nodeOf(vote: CastVote, name: Name | "choice"): string {
  const values: Record<Name | "choice", string | undefined> = {
    nas: vote.nas,
    code: vote.code,
    voter: vote.voterHash.toString("hex"),
    person: vote.personHash.toString("hex"),
    request: vote.requestId,
    envelope: vote.envelope,
    digest: vote.envelope,
    choice: vote.requestId,
  };
  return `${name} ${values[name]}`;
}

/** What is linked with what. A node that was never linked or noted is not known. */
class Links {
  readonly #parents = new Map<string, string>();

  note(node: string): void {
    if (!this.#parents.has(node)) this.#parents.set(node, node);
  }

  knows(node: string): boolean {
    return this.#parents.has(node);
  }

  #root(node: string): string {
    let at = node;
    for (;;) {
      const parent = this.#parents.get(at) ?? at;
      if (parent === at) return at;
      at = parent;
    }
  }

  link(one: string, other: string): void {
    this.note(one);
    this.note(other);
    this.#parents.set(this.#root(one), this.#root(other));
  }

  are(one: string, other: string): boolean {
    return this.knows(one) && this.knows(other) && this.#root(one) === this.#root(other);
  }
}

interface Contained {
  /** The names of each vote that stand there, by the vote's position. */
  readonly names: ReadonlyMap<number, readonly Name[]>;
  readonly saysChoice: boolean;
  readonly saysVoted: boolean;
}

/** Finds out what somebody knows of the votes of an election. */
export class Investigation {
  readonly #election: Election;
  readonly #needles: readonly { readonly vote: number; readonly name: Name; readonly forms: readonly Buffer[] }[];
  readonly #contained = new Map<string, Contained>();

  /**
   * @param election when it is over
   */
  constructor(election: Election) {
    this.#election = election;
    this.#needles = election.votes.flatMap((vote, at) =>
      NAMES.map((name) => ({ vote: at, name, forms: formsIn(vote, name) })),
    );
  }

  #lookInto({ content, text }: Sighting): Contained {
    const known = this.#contained.get(text);
    if (known !== undefined) return known;
    const names = new Map<number, Name[]>();
    for (const { vote, name, forms } of this.#needles) {
      if (forms.some((form) => content.includes(form))) names.set(vote, [...(names.get(vote) ?? []), name]);
    }
    const contained = {
      names,
      saysChoice: CHOICE.test(text),
      saysVoted: text.includes('"has_voted":true'),
    };
    this.#contained.set(text, contained);
    return contained;
  }

  /**
   * What somebody knows of each vote, in the order of the votes.
   *
   * @param knowledge what was seen, and the keys that are held
   */
  findings({ looks, keys }: Knowledge): readonly Found[] {
    const links = new Links();
    const { votes } = this.#election;
    const distinct = new Map(looks.flat().map((it) => [`${it.transaction} ${it.text}`, it]));
    const voted = new Set<string>();
    for (const sighting of distinct.values()) this.#read(sighting, links, voted);
    // Twice: what one vote gives may be what another one of the same voter lacks.
    for (const vote of [...votes, ...votes]) this.#compute(vote, keys, links);
    this.#compareLooks(looks, links);
    this.#joinTransactions([...distinct.values()], links);
    return votes.map((vote) => {
      const ofVoter = votes.filter(({ lawId, nas }) => lawId === vote.lawId && nas === vote.nas);
      return foundOf(vote, ofVoter, links, voted);
    });
  }

  /** What stands together belongs together. */
  #read(sighting: Sighting, links: Links, voted: Set<string>): void {
    const { names, saysChoice, saysVoted } = this.#lookInto(sighting);
    const namesRequest = [...names.values()].some((some) => some.includes("request"));
    for (const [at, some] of names) {
      const vote = this.#election.votes[at];
      if (vote === undefined) continue;
      const nodes = some.map((name) => nodeOf(vote, name));
      for (const node of nodes) links.link(nodes[0] ?? node, node);
      // Of a voter with two submissions it is that of the one which it names.
      if (saysChoice && (!namesRequest || some.includes("request"))) {
        links.link(nodes[0] ?? "", nodeOf(vote, "choice"));
      }
      if (saysVoted && some.includes("nas")) voted.add(vote.nas);
    }
  }

  /** Whoever looks before and after a vote was recorded sees what else has changed. */
  #compareLooks(looks: Knowledge["looks"], links: Links): void {
    let before = new Set<string>();
    let tallies = new Map<string, Tally>();
    for (const look of looks) {
      const fresh = look.filter(({ text }) => !before.has(text));
      const now = new Map(
        look.flatMap(({ tally }) => (tally === undefined ? [] : [[`${tally.source} ${tally.lawId}`, tally] as const])),
      );
      for (const lawId of this.#lawIds()) {
        const [counted, boxed] = [this.#countedIn(fresh, lawId), this.#boxedIn(fresh, lawId)];
        this.#belongTogether(counted, boxed, [], links);
        for (const [key, tally] of now) {
          const earlier = tallies.get(key);
          if (tally.lawId !== lawId) continue;
          const moved = CHOICES.filter((choice) => tally[choice] > (earlier?.[choice] ?? 0));
          this.#belongTogether(counted, boxed, moved, links);
        }
      }
      before = new Set(look.map(({ text }) => text));
      tallies = new Map([...tallies, ...now]);
    }
  }

  /** Rows of one transaction are of the same votes. */
  #joinTransactions(sightings: readonly Sighting[], links: Links): void {
    const groups = Map.groupBy(sightings, ({ transaction }) => transaction);
    for (const [transaction, rows] of groups) {
      if (transaction === undefined) continue;
      for (const lawId of this.#lawIds()) {
        const ballots = rows.flatMap(({ ballot }) => (ballot?.lawId === lawId ? [ballot.choice] : []));
        this.#belongTogether(this.#countedIn(rows, lawId), this.#boxedIn(rows, lawId), ballots, links);
      }
    }
  }

  #lawIds(): readonly string[] {
    return [...new Set(this.#election.votes.map(({ lawId }) => lawId))];
  }

  /** The votes that sightings say were counted. */
  #countedIn(sightings: readonly Sighting[], lawId: string): readonly CastVote[] {
    return this.#named(
      sightings.filter(({ counts }) => counts),
      lawId,
      "request",
    );
  }

  #boxedIn(sightings: readonly Sighting[], lawId: string): readonly CastVote[] {
    return this.#named(sightings, lawId, "envelope");
  }

  #named(sightings: readonly Sighting[], lawId: string, name: Name): readonly CastVote[] {
    const at = new Set(
      sightings.flatMap((it) =>
        [...this.#lookInto(it).names].flatMap(([vote, some]) => (some.includes(name) ? vote : [])),
      ),
    );
    return this.#election.votes.filter((vote, position) => vote.lawId === lawId && at.has(position));
  }

  /** One vote and one envelope are the same one's. Ballots that are all alike are those of all. */
  #belongTogether(
    counted: readonly CastVote[],
    boxed: readonly CastVote[],
    ballots: readonly string[],
    links: Links,
  ): void {
    const [vote, ...others] = counted;
    const [envelope, ...more] = boxed;
    if (vote !== undefined && envelope !== undefined && others.length === 0 && more.length === 0) {
      links.link(nodeOf(vote, "request"), nodeOf(envelope, "envelope"));
    }
    const opened = boxed.every((one) => links.are(nodeOf(one, "envelope"), nodeOf(one, "choice")));
    if (new Set([...ballots, ...(opened ? boxed.map(({ choice }) => choice) : [])]).size !== 1) return;
    for (const one of counted) links.link(nodeOf(one, "request"), nodeOf(one, "choice"));
  }

  /** What keys and known names give. */
  #compute(vote: CastVote, keys: HeldKeys, links: Links): void {
    const [nas, code, voter, person] = (["nas", "code", "voter", "person"] as const).map((name) => nodeOf(vote, name));
    if (nas === undefined || code === undefined || voter === undefined || person === undefined) return;
    if (keys.pepper !== undefined && links.are(nas, code)) {
      const computed = voterHash(vote.nas, vote.code, vote.lawId, keys.pepper);
      if (computed.equals(vote.voterHash)) links.link(nas, voter);
    }
    // There are only a billion NAS: whoever has the key of person hashes tries them all.
    if (keys.person !== undefined && (links.knows(person) || links.knows(nas))) {
      if (personHash(vote.nas, vote.lawId, keys.person).equals(vote.personHash)) links.link(nas, person);
    }
    const envelope = nodeOf(vote, "envelope");
    // Whoever has an envelope hashes it; nobody guesses one from its digest.
    if (links.knows(envelope) && links.knows(nodeOf(vote, "digest"))) links.link(envelope, nodeOf(vote, "digest"));
    if (keys.election === undefined || vote.envelope === undefined || !links.knows(envelope)) return;
    const { origin = "", trustees } = this.#election.laws.sealed.law;
    const box = ballotBox(origin, Buffer.from(trustees?.electionKey ?? "", "base64url"));
    for (const key of keys.election) {
      const opened = openBallot(box, key, vote.envelope, CHOICES.length);
      if (opened.type === "opened" && CHOICES[opened.option] === vote.choice) {
        links.link(envelope, nodeOf(vote, "choice"));
      }
    }
  }
}

function foundOf(vote: CastVote, ofVoter: readonly CastVote[], links: Links, voted: ReadonlySet<string>): Found {
  const are = (one: Name | "choice", other: Name | "choice") => links.are(nodeOf(vote, one), nodeOf(vote, other));
  const hasVoted = (name: Name) =>
    ofVoter.some((one) => OF_A_VOTE.some((of) => links.are(nodeOf(vote, name), nodeOf(one, of))));
  return {
    personVoted: hasVoted("nas") || voted.has(vote.nas),
    pseudonymVoted: hasVoted("voter"),
    envelope: are("voter", "envelope"),
    choice: {
      person: are("nas", "choice"),
      pseudonym: are("voter", "choice"),
      request: are("request", "choice"),
      envelope: are("envelope", "choice"),
    },
  };
}
