import type { CheckId } from "../../client/verify/index.ts";

/** Something that somebody could do to an election. */
export interface Tampering {
  readonly done: string;
  /** Who has the means, by what is in their hands. */
  readonly by: string;
  /** The checks of the verifier that find it. */
  readonly checks: readonly CheckId[];
  /** What finds it besides. */
  readonly found?: string;
  /** Until when, or under which condition. */
  readonly limit: string;
}

/** What can be found. */
export const TAMPERINGS: readonly Tampering[] = [
  {
    done: "a message is forged on the votes or outcomes queue",
    by: "whoever may send to a queue",
    checks: ["2.10"],
    found: "the consumer refuses it by its mac, with an alarm",
    limit: "check 2.10 finds it even when the keys of the macs are stolen, unless the promise key is stolen too",
  },
  {
    done: "a message is altered on its way",
    by: "whoever may receive from a queue and send to it",
    checks: ["2.10", "2.13"],
    found: "the consumer refuses it by its mac, with an alarm",
    limit: "in an open law, the checks find another request id, and not another choice",
  },
  {
    done: "an accepted vote is deleted on its way",
    by: "whoever may receive from a queue",
    checks: ["2.13"],
    found:
      "`npm run ops -- reconcile`, if it was deleted from the outcomes queue: its voter is claimed and not counted, and " +
      "the law cannot be counted",
    limit:
      "from the votes queue, found by its voter alone, who can prove it to others with the saved receipt. After a rebuild " +
      "of the roll, the other one too",
  },
  {
    done: "a first vote is recorded as a duplicate or as invalid",
    by: "whoever can write to the database, or to Redis",
    checks: ["2.13"],
    found: "`npm run ops -- reconcile`; the voter's receipt",
    limit: "the voter sees the status, and cannot prove that there was no vote before",
  },
  {
    done: "a message is replayed",
    by: "whoever may send to a queue",
    checks: ["2.07", "2.08"],
    found: "it is the same submission, and changes nothing",
    limit: "",
  },
  {
    done: "a second envelope is counted under one request id",
    by: "whoever can write to the database",
    checks: ["2.08"],
    limit: "",
  },
  {
    done: "a vote is written for an abstainer: participation, ballot and entry of the log",
    by: "whoever can write to the database",
    checks: ["2.10"],
    limit: "whoever has the promise key too can make the promise: see below",
  },
  {
    done: "a ballot in the box is exchanged",
    by: "whoever can write to the database",
    checks: ["3.12"],
    limit: "sealed laws; the trustees check the box before they open it",
  },
  {
    done: "a ballot is added to the box",
    by: "whoever can write to the database",
    checks: ["3.12", "3.07"],
    limit: "",
  },
  {
    done: "a ballot is removed from the box",
    by: "whoever can write to the database",
    checks: ["3.12", "3.07"],
    limit: "",
  },
  {
    done: "the opened list is changed on its way back",
    by: "whoever carries it, or can write to the database",
    checks: ["3.08"],
    limit: "sealed laws",
  },
  {
    done: "the trustees sign a list that is not what they have opened",
    by: "enough trustees together",
    checks: ["3.13", "3.09", "3.07"],
    found: "two openings by different people, if one of them is honest",
    limit: "an exchanged ballot is found by its voter alone, and only with `proof: voter`",
  },
  {
    done: "the tally is changed",
    by: "whoever can write to the database, or certifies",
    checks: ["3.10", "3.07"],
    limit: "in an open law, only a sum that is no longer the number of counted submissions is found",
  },
  {
    done: "an entry of the log is changed, dropped or moved after it was signed",
    by: "whoever can write to the object store",
    checks: ["2.03", "2.04"],
    found: "the next run of the log, which stops with an alarm",
    limit: "",
  },
  {
    done: "the log is rewritten and signed again",
    by: "whoever has the log's key",
    checks: ["2.02", "2.05"],
    limit: "if no old checkpoint is in the bundle, only those find it who remember one",
  },
  {
    done: "the log is rolled back",
    by: "whoever can write to the object store",
    checks: ["2.05", "3.02"],
    limit: "before the certificate, only those find it who remember a later checkpoint",
  },
  {
    done: "two people are shown two logs under one key",
    by: "whoever has the log's key",
    checks: ["2.05"],
    found: "comparing what the two remember (`--compare`)",
    limit: "only once somebody compares; two signed checkpoints prove it",
  },
  {
    done: "entries of the log are in an order that tells who voted when",
    by: "whoever has the log's key",
    checks: ["2.06"],
    limit: "what was published stays known",
  },
  {
    done: "a counted vote is taken back, or its status lowered",
    by: "whoever can write to the database",
    checks: ["2.07", "3.03"],
    limit: "",
  },
  {
    done: "counted votes are said to be lost, although no database was restored",
    by: "whoever can write to the database",
    checks: ["2.07"],
    limit:
      "an act `restore-log` of two people, in the journal, is no tampering for this check; the votes' voters see it",
  },
  {
    done: "the list of submissions leaves one out, or says another status",
    by: "whoever publishes",
    checks: ["2.09"],
    limit: "",
  },
  {
    done: "an entry of the journal is removed, changed or added later",
    by: "whoever can write to the database and the archive",
    checks: ["2.11", "2.12", "3.05"],
    limit: "an act that was never written down is not found",
  },
  {
    done: "a message that was set aside is concealed",
    by: "whoever certifies",
    checks: ["3.06"],
    limit: "",
  },
  {
    done: "the certificate of another law is published",
    by: "whoever publishes",
    checks: ["3.01", "3.02"],
    limit: "",
  },
  {
    done: "certified numbers of submissions, eligible voters or turnout are wrong",
    by: "whoever certifies",
    checks: ["3.03", "3.04"],
    limit: "",
  },
  {
    done: "the office certifies although its ledger is not clean",
    by: "whoever certifies",
    checks: ["3.11"],
    limit: "if the certificate says clean against the truth, nobody outside the office finds it",
  },
  {
    done: "the roll is enlarged after it was sealed",
    by: "whoever can write to the database",
    checks: ["1.07", "1.09"],
    found:
      "`npm run ops -- reconcile`, counting and certifying, which compute the digests of the roll again and refuse the law",
    limit:
      "checks 1.07 and 1.09 find it if the sealed digest was changed as well; rows alone are found by the office. An act " +
      "of two people that the journal shows is no tampering for check 1.07; an auditor finds it by check 1.09",
  },
  {
    done: "the law gets a further promise key, so that forged votes have promises",
    by: "whoever can write to the database",
    checks: ["1.10"],
    limit: "an act of two people that the journal shows is no tampering for this check",
  },
  {
    done: "the election key is exchanged before voting begins",
    by: "whoever can write to the database, or to DynamoDB",
    checks: ["1.05", "1.08"],
    found:
      "`npm run keys -- check` by trustees; `npm run ops -- reconcile`; the next run of the log, which stops with an alarm",
    limit:
      "sealed laws. Check 1.05 finds it at the address of the law, while voters are told of another key than the log; " +
      "check 1.08 if the first description has the other key already. A voter's device does not look at the log",
  },
  {
    done: "question, options or window are changed",
    by: "whoever has the log's key, or publishes",
    checks: ["1.02", "1.04", "1.05"],
    limit: "",
  },
  {
    done: "one key is passed off as another",
    by: "whoever has the log's key",
    checks: ["1.06"],
    limit: "",
  },
  {
    done: "a bundle is made up with a key of one's own",
    by: "anybody",
    checks: ["1.03", "2.01"],
    limit: "only for those who know the log's key from elsewhere",
  },
  {
    done: "files are kept back",
    by: "whoever publishes",
    checks: ["1.01"],
    limit: "a law without a certificate looks like a law that runs",
  },
];

/** What cannot be found, and why. */
export const UNFINDABLE: readonly { readonly done: string; readonly by: string; readonly why: string }[] = [
  {
    done: "in an open law, choices are exchanged and the sums stay right",
    by: "whoever can write to the queues with the keys of the macs, or to the database",
    why: "in an open law, promise and log are about the submission, not about the choice. Use a sealed law",
  },
  {
    done: "in a sealed law without trackers, ballots are exchanged at the opening",
    by: "enough trustees together, in both openings",
    why: "nobody can see an own ballot in the list. With `proof: voter`, voters can, and so could a buyer of votes",
  },
  {
    done: "a vote is made for an abstainer, with its promise",
    by: "whoever has the promise key, a voter hash of the roll, and the keys of the macs or the database",
    why: "the voter signs nothing. An abstainer can ask the office whether a vote under the own name is counted",
  },
  {
    done: "somebody votes with another person's letter",
    by: "whoever has NAS and code",
    why: "the code is all that tells a voter from others. The real voter finds that a vote was cast, and tells the office",
  },
  {
    done: "the choice is changed in the voter's device, or the voter is shown a false page",
    by: "whoever controls the device or serves the page",
    why: "the verifier begins with what the device has sent. With `proof: voter`, a second device shows the opened choice",
  },
  {
    done: "a vote is dropped before it was accepted",
    by: "ingest, or whatever lies before it",
    why: "without a promise there is nothing to prove. The voter is not told that the vote was accepted, and tries again",
  },
  {
    done: "the choice is read or changed where ingest seals it",
    by: "ingest",
    why: "a device that cannot seal shows its choice to ingest. Use a browser that seals",
  },
  {
    done: "a document of the office says what never happened",
    by: "the office, in a journal that is complete",
    why: "signatures show who said something and when it was fixed, not that it is true",
  },
];
