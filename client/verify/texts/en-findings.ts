import type { Status } from "../log/leaf.ts";

const number = (value: number) => value.toLocaleString("en");

/** What checks can find, in English. The other languages say the same of the same values. */
export const enFindings = {
  file_missing: ({ file }: { file: string }) => `${file} is missing`,
  malformed: ({ file }: { file: string }) => `${file} does not have its form`,
  malformed_line: ({ file, line }: { file: string; line: number }) =>
    `line ${number(line)} of ${file} does not have its form`,
  wrong_signature: ({ file }: { file: string }) => `the signature of ${file} is wrong`,
  other_law: ({ file, found, expected }: { file: string; found: string; expected: string }) =>
    `${file} is about ${found}, and not about ${expected}`,
  other_key: ({ found, known }: { found: string; known: string }) =>
    `the bundle's key is ${found}, and the one that you know is ${known}`,
  key_not_compared: ({ key }: { key: string }) => `compare this key with the one that the office has published: ${key}`,
  first_entry: (_: object) => "the first entry of the log is not the first description",
  description_entry: ({ version }: { version: number }) =>
    `the log does not have version ${version} of the description`,
  description_versions: ({ entries, version }: { entries: number; version: number }) =>
    `the log has ${entries} descriptions, and the last one in the bundle is version ${version}`,
  description_changed: ({ version, field }: { version: number; field: string }) =>
    `version ${version} of the description has changed ${field}`,
  told_otherwise: ({ field }: { field: string }) =>
    `the API tells voters another ${field} than the description in the log`,
  key_id: ({ keyId }: { keyId: string }) => `the key id ${keyId} does not belong to its key`,
  roll_unjournalled: ({ version }: { version: number }) =>
    `no entry of the journal names the roll of version ${version} of the description`,
  promise_key_gone: ({ version, keyId }: { version: number; keyId: string }) =>
    `version ${version} of the description has lost the promise key ${keyId}`,
  promise_key_unjournalled: ({ version, keyId }: { version: number; keyId: string }) =>
    `no act in the journal gave the law the promise key ${keyId}, which version ${version} of the description has`,
  trustees_differ: ({ field }: { field: string }) => `the law has another ${field} than the trustees' public file`,
  roll_differs: ({ found, expected }: { found: number; expected: number }) =>
    `your list has ${number(found)} voters, and is not the list of ${number(expected)} voters that was sealed`,
  checkpoint_signature: ({ size }: { size: number }) =>
    `the signature of the checkpoint at ${number(size)} entries is wrong`,
  checkpoint_smaller: ({ size, before }: { size: number; before: number }) =>
    `a checkpoint at ${number(size)} entries comes after one at ${number(before)}`,
  root_differs: ({ size }: { size: number }) =>
    `the checkpoint at ${number(size)} entries has another root than the first ${number(size)} entries`,
  entries_end: ({ found, size }: { found: number; size: number }) =>
    `the entries end after ${number(found)}, and the checkpoint is over ${number(size)}`,
  tile_differs: ({ file }: { file: string }) => `${file} has other hashes than the entries`,
  rolled_back: ({ size, remembered }: { size: number; remembered: number }) =>
    `the log has ${number(size)} entries, and had ${number(remembered)} before: it was rolled back`,
  forked: ({ size }: { size: number }) =>
    `the first ${number(size)} entries are not those that you have seen before: there are two logs under one key`,
  entry_form: ({ index }: { index: number }) => `entry ${number(index)} does not have its form`,
  entry_order: ({ index }: { index: number }) => `entry ${number(index)} is not in its place among those of its epoch`,
  status_falls: ({ request }: { request: string }) =>
    `the entries of submission ${request} say a status twice, or one that is lower than before`,
  lost_unsaid: ({ index }: { index: number }) =>
    `entry ${number(index)} says that a submission is lost, and the journal before it has no restore-log`,
  counted_twice: ({ request }: { request: string }) => `submission ${request} is counted with two envelopes`,
  not_listed: ({ request }: { request: string }) => `submission ${request} is in the log and not in the list`,
  not_logged: ({ request }: { request: string }) => `submission ${request} is in the list and not in the log`,
  status_differs: ({ request, listed, logged }: { request: string; listed: Status; logged: Status }) =>
    `submission ${request} is ${listed} in the list, and ${logged} in the log`,
  list_order: ({ line }: { line: number }) => `line ${number(line)} of the list of submissions is not in its place`,
  promise_missing: ({ request }: { request: string }) => `the counted submission ${request} has no promise`,
  promise_key: ({ request, keyId }: { request: string; keyId: string }) =>
    `the promise of submission ${request} is made with the key ${keyId}, which the law does not have`,
  promise_wrong: ({ request }: { request: string }) => `the promise of the counted submission ${request} is false`,
  promises_checked: ({ checked, counted }: { checked: number; counted: number }) =>
    checked === counted
      ? `all ${number(counted)} promises were checked`
      : `${number(checked)} of ${number(counted)} promises were checked, drawn by lot: if one in ` +
        `${number(Math.floor(checked / 3))} were false, this would be found in 19 of 20 cases`,
  journal_chain: ({ number: entry }: { number: number }) => `entry ${entry} does not follow the entry before it`,
  journal_missing: ({ number: entry }: { number: number }) => `entry ${entry} is in the log and not in the journal`,
  journal_differs: ({ number: entry }: { number: number }) => `entry ${entry} of the journal is not that of the log`,
  promise_foreign: (_: object) => "the promise is about another law than this one",
  promise_false: (_: object) => "the promise was not made with a key of this law, so it proves nothing",
  promise_broken: ({ request }: { request: string }) =>
    `the log does not have submission ${request}, although a promise was given: this can be proven to others`,
  other_envelope: ({ request }: { request: string }) => `the log has submission ${request} with another envelope`,
  promise_kept: ({ status, index }: { status: Status; index: number }) =>
    `the submission is ${status}, by entry ${number(index)} of the log`,
  log_end: ({ certified, size }: { certified: number; size: number }) =>
    `the certificate is about a log of ${number(certified)} entries, and this one has ${number(size)}`,
  log_root: ({ size }: { size: number }) => `the certificate has another root at ${number(size)} entries than the log`,
  after_certificate: ({ index }: { index: number }) =>
    `entry ${number(index)} is no entry of the journal, and came later`,
  figure: ({ name, certified, found }: { name: string; certified: number; found: number }) =>
    `${name}: ${number(certified)} is certified, and ${number(found)} was found`,
  journal_end: ({ number: entry }: { number: number }) =>
    `the certificate does not name entry ${entry} as the end of the journal`,
  set_aside_unknown: ({ number: entry }: { number: number }) =>
    `the certificate names a message by entry ${entry}, and the journal does not`,
  set_aside_missing: ({ number: entry }: { number: number }) =>
    `a message was set aside by entry ${entry} of the journal, and the certificate does not name it`,
  options_differ: (_: object) => "the sums are not of the options of the law in their order",
  ballots: ({ ballots, counted }: { ballots: number; counted: number }) =>
    `there are ${number(ballots)} ballots, and ${number(counted)} counted submissions`,
  opened_field: ({ field }: { field: string }) => `the opened list has another ${field} than the law`,
  opened_sums: (_: object) => "the lines of the opened list give other sums",
  opened_order: ({ line }: { line: number }) => `line ${number(line)} of the opened list is not in its place`,
  hash_differs: ({ file }: { file: string }) => `the certificate names ${file} by another hash`,
  ledger: ({ said }: { said: string }) => `the certificate says of the ledger: ${said}`,
  spoiled_unknown: ({ envelope }: { envelope: string }) =>
    `the opened list names the spoiled envelope ${envelope}, and the log has no such counted one`,
  box_missing: ({ envelope }: { envelope: string }) => `the envelope ${envelope} is counted and not in the box`,
  box_extra: ({ line }: { line: number }) =>
    `the envelope in line ${number(line)} of the box is not counted, or is there twice`,
  box_other: (_: object) => "the trustees have opened another box than this one",
  tracker_missing: ({ tracker }: { tracker: string }) => `the tracker ${tracker} is not in the opened list`,
  tracker_found: ({ option }: { option: string }) => `your ballot was opened as: ${option}`,
} as const;
