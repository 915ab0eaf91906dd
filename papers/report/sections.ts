import { numberOf } from "../words.ts";
import { actText, phaseText } from "./act-texts.ts";
import {
  type Block,
  count,
  digest,
  end,
  facts,
  list,
  moment,
  NOTHING,
  note,
  percent,
  type Section,
  said,
  text,
  type Value,
} from "./blocks.ts";
import { type LawReport, REPORTED_STATUSES } from "./law-report.ts";
import type { ReportTexts } from "./report-texts.ts";

/**
 * A report in sections: what PDF and CSV have in common.
 *
 * @param report everything that it says
 */
export function sectionsOf(report: LawReport): readonly Section[] {
  return [
    { name: "result", blocks: result(report) },
    { name: "turnout", blocks: turnout(report) },
    { name: "roll", blocks: roll(report) },
    { name: "window", blocks: voting(report) },
    { name: "submissions", blocks: submissions(report) },
    { name: "set_aside", blocks: setAside(report) },
    { name: "checks", blocks: checks(report) },
    { name: "journal", blocks: journal(report) },
    { name: "log", blocks: log(report) },
    { name: "certificate", blocks: certificate(report) },
  ];
}

function result({ result: { options, valid, spoiled, reasons }, law }: LawReport): Block[] {
  const optionOf = (option: string): Value =>
    option === "oui" || option === "non" ? said(option, (texts) => texts.options[option]) : text(option);
  return [
    list(
      "options",
      [
        ["option", 0.5],
        ["ballots", 0.25],
        ["share", 0.25],
      ],
      options.map(({ option, ballots, percent: share }) => [optionOf(option), count(ballots), percent(share)]),
    ),
    note("shares"),
    facts({ valid: count(valid), spoiled: count(spoiled), ballots_counted: count(valid + spoiled) }),
    ...(law.form === "sealed" ? [] : [note("spoiledOpen")]),
    ...(reasons === null || reasons.length === 0
      ? []
      : [
          list(
            "spoiled_reasons",
            [
              ["reason", 0.75],
              ["ballots", 0.25],
            ],
            reasons.map(({ reason, ballots }) => [said(reason, (texts) => spoiledBy(reason, texts)), count(ballots)]),
          ),
        ]),
  ];
}

function spoiledBy(reason: string, { spoiledReasons }: ReportTexts): string {
  const known: Readonly<Record<string, string>> = spoiledReasons;
  return known[reason] ?? reason;
}

function turnout({ roll: { eligible }, turnout: { voted, percent: share, hours }, standing }: LawReport): Block[] {
  return [
    facts({ eligible: count(eligible), voted: count(voted), turnout: percent(share) }),
    ...(hours === null
      ? [note("noHours")]
      : [
          note("hours"),
          ...(standing === "certified" ? [note("hoursUnsigned")] : []),
          list(
            "hours",
            [
              ["hours", 0.7],
              ["voted", 0.3],
            ],
            hours.map((hour) => [{ kind: "hours", from: hour.from, until: hour.until }, count(hour.voted)]),
          ),
        ]),
  ];
}

function roll({ roll: { sealed, changes, eligible } }: LawReport): Block[] {
  if (sealed === null) return [facts({ eligible: count(eligible) }), note("changesNotPublic")];
  return [
    facts({ sealed: count(sealed), eligible: count(eligible), roll_changes: count(changes.length) }),
    changes.length === 0
      ? note("noChanges")
      : list(
          "roll_changes",
          [
            ["entry", 0.1],
            ["change", 0.26],
            ["voters", 0.14],
            ["in_force_at", 0.32],
            ["on_roll", 0.18],
          ],
          changes.map(({ number, kind, voters, inForceAt, onRoll }) => [
            count(number),
            said(kind, (texts) => texts.rollChanges[kind]),
            count(voters),
            moment(inForceAt),
            onRoll === null ? NOTHING : count(onRoll),
          ]),
        ),
  ];
}

function voting({ window: { planned, inForce, changes } }: LawReport): Block[] {
  return [
    ...(planned === null
      ? []
      : [
          facts({
            planned_opens_at: moment(planned.opensAt),
            planned_closes_at: end(planned.closesAt),
            window_changes: count(changes.length),
          }),
        ]),
    list(
      "windows",
      [
        ["opens_at", 0.5],
        ["closes_at", 0.5],
      ],
      inForce.map(({ opensAt, closesAt }) => [moment(opensAt), end(closesAt)]),
    ),
    ...(planned === null
      ? [note("noEarlierWindows")]
      : changes.length === 0
        ? [note("noWindowChanges")]
        : [
            list(
              "window_changes",
              [
                ["entry", 0.1],
                ["act", 0.34],
                ["at", 0.28],
                ["in_force_at", 0.28],
              ],
              changes.map(({ number, act, at, inForceAt }) => [
                count(number),
                said(act, (_, language) => actText(act, language)),
                moment(at),
                moment(inForceAt),
              ]),
            ),
          ]),
  ];
}

function submissions({ submissions: found }: LawReport): Block[] {
  if (found === null) return [note("submissionsNotPublic")];
  return [
    note("submissions"),
    list(
      "statuses",
      [
        ["status", 0.17],
        ["number", 0.15],
        ["meaning", 0.68],
      ],
      REPORTED_STATUSES.map((status) => [
        said(status, ({ statuses }) => statuses[status].name),
        count(found[status]),
        said(status, ({ statuses }) => statuses[status].meaning),
      ]),
    ),
  ];
}

function setAside({ setAside: messages, standing }: LawReport): Block[] {
  if (messages === null) return [note(standing === "provisional" ? "setAsideLater" : "setAsideNotPublic")];
  const number = facts({ messages_set_aside: count(messages.length) });
  if (messages.length === 0) return [number, note("noneSetAside")];
  return [
    number,
    note("setAside"),
    list(
      "set_aside",
      [
        ["entry", 0.1],
        ["reason", 0.34],
        ["sha256", 0.56],
      ],
      messages.map(({ number, reason, sha256 }) => [count(number), text(reason), digest(sha256)]),
    ),
  ];
}

function checks({ ledger, verification }: LawReport): Block[] {
  if (verification === null) return [note("noChecks")];
  const { verdict, checks: all } = verification;
  return [
    facts({
      ...(ledger === null ? {} : { ledger: ledger === "clean" ? said(ledger, (texts) => texts.clean) : text(ledger) }),
      verdict: said(verdict, ({ notes }) => notes[verdict]),
    }),
    ...(ledger === null ? [] : [note("ledger")]),
    list(
      "checks",
      [
        ["check", 0.08],
        ["title", 0.46],
        ["outcome", 0.46],
      ],
      all.map(({ id, outcome, title, said: words }) => [
        text(id),
        { kind: "said", code: id, said: title },
        { kind: "said", code: outcome, said: words },
      ]),
    ),
  ];
}

function journal({ journal: found }: LawReport): Block[] {
  if (found === null) return [note("journalNotPublic")];
  const person = (number: number | null): Value =>
    number === null ? NOTHING : said(String(number), (texts, language) => texts.person(numberOf(number, language)));
  return [
    note("journal"),
    facts({ entries: count(found.entries), end: digest(found.end) }),
    list(
      "acts",
      [
        ["entry", 0.09],
        ["at", 0.25],
        ["act", 0.27],
        ["phase", 0.12],
        ["by", 0.13],
        ["approved_by", 0.14],
      ],
      found.acts.map(({ number, at, act, phase, by, approvedBy }) => [
        count(number),
        moment(at),
        said(act, (_, language) => actText(act, language)),
        said(phase, (_, language) => phaseText(phase, language)),
        person(by),
        person(approvedBy),
      ]),
    ),
  ];
}

function log({ log: found, keys, opening }: LawReport): Block[] {
  if (found === null) return [note("noLog")];
  const { origin, size, root, key } = found;
  const { election, promises } = keys ?? { election: null, promises: [] };
  const use = (name: "electionKey" | "signingKey" | "promiseKey") => said(name, ({ notes }) => notes[name]);
  return [
    facts({
      ...{ origin: digest(origin), size: count(size), root: digest(root), key: digest(key) },
      ...(opening === null ? {} : { opened_sha256: digest(opening.sha256), box_sha256: digest(opening.boxSha256) }),
    }),
    note("log"),
    note("keys"),
    list(
      "keys",
      [
        ["use", 0.27],
        ["key_id", 0.23],
        ["public_key", 0.5],
      ],
      [
        ...(election === null
          ? []
          : [
              [use("electionKey"), digest(election.keyId), digest(election.electionKey)],
              [use("signingKey"), NOTHING, digest(election.signingKey)],
            ]),
        ...promises.map(({ keyId, publicKey }) => [use("promiseKey"), digest(keyId), digest(publicKey)]),
      ],
    ),
  ];
}

function certificate({ certificate: found, standing }: LawReport): Block[] {
  if (found === null) return [note(standing === "provisional" ? "certificateLater" : "noCertificate")];
  const { text: signed, signatures } = found;
  return [
    note("certificate"),
    { kind: "verbatim", field: "text", text: signed.trimEnd() },
    ...signatures.map((signature) => ({ kind: "verbatim", field: "signature", text: signature }) as const),
  ];
}
