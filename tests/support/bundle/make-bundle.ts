import { createHash, hash, sign } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../../shared/domain/canonical-json.ts";
import type { BoxHeader } from "../../../shared/messages/box.ts";
import { writeOpening } from "../../../trustees/opening-file.ts";
import { makePublicFile } from "../../../trustees/public-file.ts";
import { hexOf, noteOf, treeOf, verifierKey } from "./log-files.ts";
import { type MadeSubmission, STATUS_BYTES, type Status, trackerOf, type World } from "./world.ts";

/** The files of a bundle by their paths. */
type Files = Map<string, Buffer>;

/** Changes things after they were computed from the world, and before they are signed or written. */
export interface Hooks {
  /** The entries of the log, epoch by epoch. */
  readonly entries?: (epochs: Buffer[][]) => void;
  /** Sizes and roots of the checkpoints; the last one is the final one. */
  readonly checkpoints?: (checkpoints: { size: number; root: Buffer }[]) => void;
  readonly list?: (lines: string[]) => void;
  /** The public texts of the journal, before they come into the log. */
  readonly journal?: (lines: string[]) => void;
  /** The same afterwards, as they are published and certified. */
  readonly publishedJournal?: (lines: string[]) => void;
  /** The lines of the opened list before its signature. */
  readonly opening?: (lines: string[]) => void;
  /** The same after it was signed, before it is certified. */
  readonly signedOpening?: (lines: string[]) => void;
  /** The envelopes of the box, as base64url. */
  readonly box?: (envelopes: string[]) => void;
  readonly certificate?: (fields: CertificateFields) => void;
  /** Everything, after it was signed. */
  readonly files?: (files: Files) => void;
}

/** What a certificate says. */
interface CertificateFields {
  law_id: string;
  origin: string;
  figures: Record<string, number>;
  sums: { option: string; ballots: number }[];
  spoiled: number;
  set_aside: { number: number; sha256: string; reason: string }[];
  ledger: string;
  journal: { entries: number; end: string };
  log: { size: number; root: string };
  opening: { sha256: string; box_sha256: string } | undefined;
}

/** A bundle, and what some people have besides. */
export interface MadeBundle {
  readonly files: Files;
  /** The log's key, as the office publishes it. */
  readonly key: string;
  /** The export of the box; empty in an open law. */
  readonly box: string;
  /** The voter hashes of the roll, one per line. */
  readonly roll: string;
  /** The public file of the trustees. */
  readonly publicFile: Record<string, unknown>;
  /** What the voter of a submission has saved. */
  readonly receiptOf: (submission: MadeSubmission) => string;
}

const FIRST_NUMBER = 41;
const moment = (number: number) => new Date(Date.UTC(2026, 10, 24, 8, 0, number)).toISOString();

/** Makes the bundle of a law that was certified. */
export function makeBundle(world: World, hooks: Hooks = {}): MadeBundle {
  const files: Files = new Map();
  const { logKey, origin, lawId, submissions } = world;
  const json = (value: object) => `${canonicalJson(value)}\n`;

  const descriptions = world.descriptions.map(({ fields }, at) => json({ ...fields, version: at + 1 }));
  for (const [at, text] of descriptions.entries()) {
    files.set(at === descriptions.length - 1 ? "description" : `description.${at + 1}`, noteOf(logKey, text));
  }
  const logged = journalLines(world);
  hooks.journal?.(logged);
  const journal = [...logged];
  hooks.publishedJournal?.(journal);
  if (journal.length > 0) files.set("journal.ndjson", Buffer.from(`${journal.join("\n")}\n`));

  const epochs = entriesOf(world, descriptions, logged);
  hooks.entries?.(epochs);
  const entries = epochs.flat();
  const tree = treeOf(entries);
  for (const [path, bytes] of tree.files) files.set(path, bytes);
  const checkpoints = epochs
    .map((_, at) => epochs.slice(0, at + 1).flat().length)
    .map((size) => ({ size, root: tree.root(size) }));
  hooks.checkpoints?.(checkpoints);
  for (const [at, { size, root }] of checkpoints.entries()) {
    const note = noteOf(logKey, `${origin}\n${size}\n${root.toString("base64")}\n`);
    files.set(`checkpoints/${String(at + 1).padStart(9, "0")}`, note);
    files.set("checkpoint", note);
  }

  const list = listLines(world);
  hooks.list?.(list);
  files.set("submissions.ndjson", Buffer.concat(list.map((line) => Buffer.from(`${line}\n`))));

  const envelopes = submissions
    .filter((one) => finalOf(one) === "counted")
    .flatMap(({ envelope }) => (envelope === undefined ? [] : [envelope.toString("base64url")]))
    .sort();
  hooks.box?.(envelopes);
  const boxHeader = { v: 1, kind: "box", law_id: lawId, origin, envelopes: envelopes.length } as const;
  const box =
    world.form === "open" ? "" : `${[boxHeader, ...envelopes].map((one) => JSON.stringify(one)).join("\n")}\n`;
  const opening = world.form === "open" ? undefined : openedLines(world, envelopes.length, hexOf(box));
  let opened: Buffer | undefined;
  if (opening !== undefined) {
    hooks.opening?.(opening);
    const lines = signedOpening(world, opening);
    hooks.signedOpening?.(lines);
    opened = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    files.set("opened.ndjson", opened);
  }

  const certificate = certified(world, { journal, size: entries.length, root: tree.root(entries.length) });
  if (opened !== undefined) certificate.opening = { sha256: hexOf(opened), box_sha256: hexOf(box) };
  hooks.certificate?.(certificate);
  const { figures, sums, spoiled, ...rest } = certificate;
  const text = json({
    ...rest,
    v: 1,
    kind: "referendum certificate",
    figures: { ...figures, sums, spoiled },
    certified_at: moment(9_000),
  });
  files.set("certificate", noteOf(logKey, text));
  files.set("key", Buffer.from(`${verifierKey(logKey)}\n`));
  hooks.files?.(files);
  return {
    files,
    key: verifierKey(logKey),
    box,
    roll: world.roll.map((voter) => `${voter.toString("hex")}\n`).join(""),
    publicFile: publicFileOf(world),
    receiptOf: (one) => JSON.stringify(receiptOf(world, one)),
  };
}

/** The public file of the trustees. */
export function publicFileOf(world: World): Record<string, unknown> {
  const split = { splitId: "0".repeat(32), trustees: 3, threshold: 2 };
  return { ...makePublicFile(world.trustees, electionOf(world), split) };
}

function electionOf({ lawId, origin, trustees }: World) {
  return {
    law_id: lawId,
    origin,
    election_key: trustees.election.publicKey.toString("base64url"),
    signing_key: trustees.signing.publicKey.toString("base64url"),
    key_id: hash("sha256", trustees.election.publicKey).slice(0, 16),
  };
}

function journalLines({ journal, lawId }: World): string[] {
  const lines: string[] = [];
  for (const [at, { act, phase, details }] of journal.entries()) {
    // Other laws have entries too.
    const number = FIRST_NUMBER + 3 * at;
    const previous = at === 0 ? "0".repeat(64) : hexOf(lines[at - 1] ?? "");
    const by = hexOf("salt and person");
    lines.push(
      canonicalJson({
        ...{ number, at: moment(number), act, ...(phase === undefined ? {} : { phase }) },
        ...{ law_id: lawId, by, role: "operator", details, previous },
      }),
    );
  }
  return lines;
}

/** The number of an entry of the journal. */
export function numberOf(at: number): number {
  return FIRST_NUMBER + 3 * at;
}

/** The entry of a submission. */
function submissionEntry({ requestId, envelope }: MadeSubmission, status: Status): Buffer {
  const digest = envelope === undefined ? Buffer.alloc(32) : hash("sha256", envelope, "buffer");
  return Buffer.concat([Buffer.of(1), hash("sha256", requestId, "buffer"), digest, Buffer.of(STATUS_BYTES[status])]);
}

function numberedEntry(kind: number, bytes: number, number: number, text: string): Buffer {
  const head = Buffer.alloc(1 + bytes);
  head[0] = kind;
  head.writeUIntBE(number, 1 + bytes - 4, 4);
  return Buffer.concat([head, hash("sha256", text, "buffer")]);
}

function entriesOf(world: World, descriptions: readonly string[], journal: readonly string[]): Buffer[][] {
  const epochs: Buffer[][] = Array.from({ length: world.epochs }, () => []);
  for (const [at, { epoch }] of world.descriptions.entries()) {
    epochs[epoch]?.push(numberedEntry(3, 4, at + 1, descriptions[at] ?? ""));
  }
  for (const [at, { epoch }] of world.journal.entries()) {
    epochs[epoch]?.push(numberedEntry(2, 8, numberOf(at), journal[at] ?? ""));
  }
  const ofSubmissions: Buffer[][] = epochs.map(() => []);
  for (const one of world.submissions) {
    for (const { epoch, status } of one.statuses) ofSubmissions[epoch]?.push(submissionEntry(one, status));
  }
  return epochs.map((entries, at) => [...entries, ...(ofSubmissions[at] ?? []).sort(Buffer.compare)]);
}

/** What became of a submission in the end. */
function finalOf({ statuses }: MadeSubmission): Status {
  return statuses
    .map(({ status }) => status)
    .reduce((one, other) => (other === "lost" || STATUS_BYTES[other] > STATUS_BYTES[one] ? other : one));
}

/** The promise that was given for a submission. */
function promiseOf({ origin, promiseKeys }: World, { requestId, envelope, promiseKey, promise }: MadeSubmission) {
  const key = promiseKeys[promiseKey ?? -1];
  if (key === undefined) return undefined;
  const name = Buffer.from(origin);
  const message = Buffer.concat([
    Buffer.from("referendum promise v1"),
    Buffer.of(name.length >> 8, name.length & 255),
    name,
    hash("sha256", requestId, "buffer"),
    envelope === undefined ? Buffer.alloc(32) : hash("sha256", envelope, "buffer"),
    Buffer.from(key.keyId, "hex"),
  ]);
  const signature = promise ?? sign(null, message, key.pair.privateKey).toString("base64url");
  return { keyId: key.keyId, signature };
}

function listLines(world: World): string[] {
  return world.submissions
    .filter(({ isListed }) => isListed)
    .map((one) => {
      const promise = promiseOf(world, one);
      return JSON.stringify({
        request: hexOf(one.requestId),
        envelope: one.envelope === undefined ? null : hexOf(one.envelope),
        status: finalOf(one),
        promise: promise === undefined ? null : `${promise.keyId}.${promise.signature}`,
      });
    })
    .sort();
}

function openedLines(world: World, envelopes: number, boxSha256: string): string[] {
  const counted = world.submissions.filter((one) => finalOf(one) === "counted");
  const ofOption = [0, 1].map((option) => counted.filter((one) => one.option === option && !isSpoiled(one)));
  const proof = world.descriptions[0]?.fields["proof"] === "voter" ? "voter" : "none";
  const { origin, lawId } = world;
  const { key_id } = electionOf(world);
  const header: BoxHeader = {
    ...{ v: 1, kind: "box", law_id: lawId, origin, key_id, proof, options: ["oui", "non"], envelopes },
  };
  const { lines } = writeOpening(world.trustees, { ...electionOf(world) }, header, boxSha256, {
    counts: ofOption.map((some) => some.length),
    trackers: ofOption.map((some) => some.map(trackerOf)),
    spoiled: counted.filter(isSpoiled).map(({ envelope }) => ({
      type: "not_authentic" as const,
      envelope: envelope?.toString("base64url") ?? "",
    })),
  });
  return [...lines].slice(0, -1).map((line) => line.slice(0, -1));
}

/** One of the votes was sealed wrongly. */
function isSpoiled({ requestId }: MadeSubmission): boolean {
  return requestId === `AQ${hash("sha256", "risen", "base64url")}`;
}

/** The trustees sign what they have opened. */
function signedOpening({ trustees }: World, lines: readonly string[]): string[] {
  const text = lines.map((line) => `${line}\n`).join("");
  const message = Buffer.concat([Buffer.from("referendum opening v1\n"), createHash("sha256").update(text).digest()]);
  const signature = sign(null, message, trustees.signing.privateKey).toString("base64url");
  return [...lines, JSON.stringify({ signature })];
}

function certified(world: World, { journal, size, root }: { journal: readonly string[]; size: number; root: Buffer }) {
  const { lawId, origin, submissions, form } = world;
  const statuses = Object.keys(STATUS_BYTES).map((status) => {
    return [status, submissions.filter((one) => finalOf(one) === status).length] as const;
  });
  const counted = submissions.filter((one) => finalOf(one) === "counted");
  const isBallot = (one: MadeSubmission) => form === "open" || !isSpoiled(one);
  const setAside = world.journal.flatMap(({ act, details }, at) =>
    act === "set-aside"
      ? [{ number: numberOf(at), sha256: String(details["fingerprint"]), reason: String(details["reason"]) }]
      : [],
  );
  const roll: unknown = world.descriptions.at(-1)?.fields["roll"];
  const { voters } = z.object({ voters: z.number() }).parse(roll);
  const fields: CertificateFields = {
    ...{ law_id: lawId, origin, ledger: "clean", opening: undefined },
    figures: { ...Object.fromEntries(statuses), eligible: voters, voted: counted.length },
    sums: ["oui", "non"].map((option, at) => {
      return { option, ballots: counted.filter((one) => one.option === at && isBallot(one)).length };
    }),
    spoiled: counted.filter((one) => !isBallot(one)).length,
    set_aside: setAside,
    journal: { entries: journal.length, end: journal.length === 0 ? "0".repeat(64) : hexOf(journal.at(-1) ?? "") },
    log: { size, root: root.toString("hex") },
  };
  return fields;
}

function receiptOf(world: World, one: MadeSubmission): object {
  const promise = promiseOf(world, one);
  return {
    form: "referendum receipt 1",
    request_id: one.requestId,
    law_id: world.lawId,
    status: finalOf(one),
    ...(world.form === "sealed" ? { tracker: trackerOf(one) } : {}),
    promise: {
      log_origin: world.origin,
      key_id: promise?.keyId,
      ...(one.envelope === undefined ? {} : { envelope_sha256: hexOf(one.envelope) }),
      signature: promise?.signature,
    },
  };
}
