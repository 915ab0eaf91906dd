import type { CheckTexts } from "./check-texts.ts";
import { enFindings } from "./en-findings.ts";
import type { Texts } from "./texts.ts";

const checks: CheckTexts = {
  "1.01": {
    title: "The bundle has all of its files",
    proves: "Everything is there that the other checks look at.",
    not: "That the content of the files is right.",
  },
  "1.02": {
    title: "The law's log has signed the descriptions of the law",
    proves: "Question, options, keys and roll are those that the holder of the log's key has published.",
    not: "That the holder was right to publish them, or has shown everybody the same ones.",
  },
  "1.03": {
    title: "The log's key is the one that you know",
    proves: "The bundle comes from the log that you know by its key, and not from a copy that somebody else has made.",
    not: "That the key which you know is the election office's. Compare it with what the office has published.",
  },
  "1.04": {
    title: "Every description of the law is in the log",
    proves: "The description was fixed before the first vote, and every later version of it can be seen by everybody.",
    not: "That voters have read this description.",
  },
  "1.05": {
    title: "The description has changed only where it may",
    proves:
      "Question, options, window and the trustees' keys stayed the same. Only promise keys and the roll may change. At the address of the law, the API tells voters the same.",
    not: "That they were right from the beginning.",
  },
  "1.06": {
    title: "Key ids belong to their keys",
    proves: "No key passes for another one.",
    not: "Whose keys they are.",
  },
  "1.07": {
    title: "Every change of the sealed roll is in the journal",
    proves: "Nobody came on the roll, or left it, without an act that the journal shows.",
    not: "That those who are on the roll may vote. Check 1.09 and the office's register say more.",
  },
  "1.08": {
    title: "The keys of the law are the trustees' own",
    proves: "Ballots are sealed for the key that the trustees have made.",
    not: "That the trustees have kept their shares to themselves.",
  },
  "1.09": {
    title: "The roll that you hold is the sealed one",
    proves: "Exactly the voters of your list are on the roll.",
    not: "Who they are, and which of them have voted.",
  },
  "1.10": {
    title: "Every further promise key is in the journal",
    proves: "Nobody gave the law a key that makes promises without an act that the journal shows, or took one away.",
    not: "That the key which the law had first was the stage's own.",
  },
  "2.01": {
    title: "The log has signed every checkpoint",
    proves: "Each published state of the log comes from the holder of its key, who cannot deny it.",
    not: "That everybody was shown the same checkpoints. Checks 1.03 and 2.05 say more.",
  },
  "2.02": {
    title: "Every checkpoint extends the one before",
    proves: "Nothing was removed from the log or changed in it from one published state to the next.",
    not: "That states which are not in the bundle extend each other. Check 2.05 compares those that you have seen.",
  },
  "2.03": {
    title: "The last checkpoint is over exactly these entries",
    proves: "No entry was changed, dropped, added or moved after the log had signed.",
    not: "That the entries say what happened.",
  },
  "2.04": {
    title: "The tiles have the hashes of these entries",
    proves: "Other people's tools, which read only tiles, see the same log.",
    not: "Anything about the entries.",
  },
  "2.05": {
    title: "The log extends what you have seen before",
    proves: "Since your last look, the log was neither rolled back nor replaced by another one.",
    not: "That others see the same log. Compare your remembered checkpoint with theirs.",
  },
  "2.06": {
    title: "Every entry has its form and its place",
    proves: "The log has only what it may have, and the order in it tells nothing of who voted when.",
    not: "That every submission is in it.",
  },
  "2.07": {
    title: "The status of a submission only rises",
    proves:
      "What was counted stayed counted, unless a journal that names the restore of a database says that submissions are lost. No change of a status is in the log twice.",
    not: "That each status is right, nor that a lost submission had to be lost.",
  },
  "2.08": {
    title: "A submission is counted once",
    proves: "No submission counts with two ballots.",
    not: "That no voter has two submissions that count. The log does not know voters; the ledger does.",
  },
  "2.09": {
    title: "The list of submissions is that of the log",
    proves: "The list leaves out no submission, adds none, and says of each what the log says.",
    not: "That every vote that was sent has become a submission. Its voter sees that by check 2.13.",
  },
  "2.10": {
    title: "Every counted submission has a promise",
    proves:
      "The votes function took in every counted vote. Nobody behind it has made one, for example for an abstainer.",
    not: "That the voter sent it: whoever has the promise key can make promises. In an open law, nor what was chosen.",
  },
  "2.11": {
    title: "The entries of the journal follow one another",
    proves: "No entry was put in, taken out or changed in the middle of the journal.",
    not: "That every act was written down.",
  },
  "2.12": {
    title: "The journal is that of the log",
    proves: "The journal has not been rewritten since its entries came into the log.",
    not: "That what the entries say is true.",
  },
  "2.13": {
    title: "Your promise is kept",
    proves: "Your submission is in the final log, so everybody sees what became of it.",
    not: "That your choice was counted as you made it. In a sealed law with trackers, check 3.13 shows that.",
  },
  "3.01": {
    title: "The certificate is signed, and of this law",
    proves: "The election office certifies these figures, and cannot deny it.",
    not: "That the figures are right. The other checks of this phase are about that.",
  },
  "3.02": {
    title: "The certificate names the end of this log",
    proves: "The certificate is about this log, and no submission came after it.",
    not: "Whether entries of the journal came later; they may.",
  },
  "3.03": {
    title: "The certified numbers of submissions are those of the log",
    proves: "Counted, duplicate, invalid, repeated, late and lost submissions are as many as the log has.",
    not: "How the counted ones were cast.",
  },
  "3.04": {
    title: "Eligible voters and turnout fit the roll and the log",
    proves: "As many voters are eligible as the description's roll has, and no more have voted than that.",
    not: "Who has voted.",
  },
  "3.05": {
    title: "The certificate names the end of this journal",
    proves: "No act of the office before the certificate was added or removed later.",
    not: "That every act was written down.",
  },
  "3.06": {
    title: "Messages that were set aside are named",
    proves: "The certificate names exactly the messages that two people took out of the queues, by the journal.",
    not: "What was in them. They are kept encrypted, so that a court can have them opened.",
  },
  "3.07": {
    title: "There are as many ballots as counted submissions",
    proves:
      "No ballot was added to the box or taken from it, unless another one was taken or added. Spoiled ballots that are " +
      "named are counted envelopes.",
    not: "That no ballot was exchanged. In a sealed law, trustees find that by check 3.12. In an open law nobody does.",
  },
  "3.08": {
    title: "The trustees have signed the opened list",
    proves: "The list is as those have made it who hold the keys of the law. Nobody changed it on its way back.",
    not: "That the trustees opened the ballots rightly. Voters with trackers find that by check 3.13.",
  },
  "3.09": {
    title: "The lines of the opened list give its sums",
    proves: "The sums are those of the single ballots, and the order of the list tells nothing.",
    not: "That the ballots are those of the box.",
  },
  "3.10": {
    title: "The certified result is that of the opened list",
    proves: "The tally was not changed after the trustees had opened the box.",
    not: "That the opened list is right.",
  },
  "3.11": {
    title: "The office's ledger was clean",
    proves: "The office has certified that its databases agreed with each other when the law was certified.",
    not: "That it is true: only the office sees its databases.",
  },
  "3.12": {
    title: "The box has exactly the counted envelopes",
    proves: "No envelope was exchanged, added or removed between ingest and the box that you hold.",
    not: "What is in the envelopes.",
  },
  "3.13": {
    title: "Your tracker is in the opened list",
    proves: "Your ballot was opened, under the option that is named beside this check.",
    not: "To you, that the option is the one that you chose, unless you remember it. To others, nothing.",
  },
};

/** What the verifier says, in English. */
export const en: Texts = {
  phases: { setup: "Setup", voting: "Voting", counting: "Counting" },
  kinds: {
    completeness: "completeness",
    authenticity: "authenticity",
    consistency: "consistency",
    integrity: "integrity",
  },
  who: { observer: "observer", voter: "voter", auditor: "auditor with the roll", trustee: "trustee" },
  outcomes: { holds: "holds", fails: "FAILS", not_run: "not run" },
  reasons: {
    not_yet: "the law is not certified yet",
    missing: "a file is missing",
    not_asked: "needs an option that was not given",
    not_this_law: "laws of this form have no such thing",
    after_failure: "needs what another check has found wrong",
  },
  verdicts: {
    fails: "Something is wrong. Keep the bundle and this report, and tell the election office and its observers.",
    partial: "The bundle is not complete. What is there holds; get the rest, and check again.",
    running: "The law is not certified yet. Nothing is wrong so far; check again when it is published.",
    holds: "Everything that was checked holds.",
  },
  proves: "Proves:",
  not: "Does not prove:",
  more: (count) => `and ${count.toLocaleString("en")} more`,
  checks,
  findings: enFindings,
};
