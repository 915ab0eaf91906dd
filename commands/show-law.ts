import type { z } from "zod";
import { findOperators } from "../places/find-operators.ts";
import { showLaw } from "../shared/messages/operators/show-law.ts";
import { print } from "../terminal/print.ts";
import type { CommonOptions } from "./common-options.ts";
import { describeBox, describeCount } from "./count-law.ts";
import { describeLaw, lawInstant } from "./law-words.ts";
import { describeDestruction } from "./ops/destruction-words.ts";
import { describeEntry } from "./ops/journal-words.ts";
import { counted } from "./slip-options.ts";

/** Entries of the journal that fit on a screen with the rest. */
const MOST_LINES = 15;

/** `npm run laws -- show`. */
export async function show(lawId: string, options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const result = await api.look(showLaw, { law_id: lawId });
  print(options, result, () => describe(result));
}

type Shown = z.output<typeof showLaw.result>;

function describe({ law, roll, windows, now, count, box, missing, destruction, hold, entries }: Shown): string {
  const { law_id, title_fr, title_en, sealed_voters } = law;
  const titles = title_fr === title_en ? [title_en] : [title_fr, title_en];
  const inRedis = roll.complete
    ? "Redis has all of them"
    : `Redis has ${counted(roll.cached, "voter")} and no complete roll`;
  const sealed =
    roll.digest === null
      ? ["It is not sealed."]
      : [`It was sealed with ${counted(sealed_voters ?? 0, "voter")}; its digest is now`, `  ${roll.digest}`];
  // What an act began with is said again by how it ended.
  const ended = new Set(entries.filter(({ phase }) => phase === "done" || phase === "failed").map(({ run }) => run));
  const told = entries.filter(({ phase, run }) => phase !== "begun" || !ended.has(run));
  const shown = told.slice(-MOST_LINES);
  const earlier = told.length - shown.length;
  return [
    describeLaw(law),
    ...titles.map((title) => `  ${title}`),
    law.destroyed_at === null
      ? `Its roll has ${counted(roll.voters, "voter")}; ${inRedis}. ${sealed[0]}`
      : `What is left of its votes is destroyed, since ${lawInstant(law, law.destroyed_at)}. ${sealed[0]}`,
    ...sealed.slice(1),
    ...describeWindows(law, windows, now),
    ...describeTrustees(law),
    ...law.promise_keys.map(
      ({ key_id, public_key, version, from }) =>
        `It promises from ${lawInstant(law, from)} with the key ${key_id} (version ${version} of the secret): ${public_key}`,
    ),
    ...(law.log_key === null ? [] : [`Its public log is checked with the key ${law.log_key}`]),
    ...(box === null ? [] : [describeBox(box)]),
    ...(count === null ? [] : [describeCount(count)]),
    ...describeDestruction(destruction, hold, law_id),
    ...(missing.length === 0 ? [] : ["What comes next:", ...missing.map((sentence) => `  ${sentence}`)]),
    "Who did what:",
    ...(earlier === 0 ? [] : [`  ${earlier} earlier: npm run ops -- journal ${law_id}`]),
    ...(shown.length === 0 ? ["  The journal says nothing of it."] : shown.map((entry) => `  ${describeEntry(entry)}`)),
  ].join("\n");
}

/** The origin of a sealed law and the keys of its trustees, as their public file has them. */
function describeTrustees({ origin, trustees }: Shown["law"]): readonly string[] {
  if (origin === null) return [];
  if (trustees === null) return [`Its origin is ${origin}`];
  const { key_id, election_key, signing_key, split_id, threshold, trustees: all, tested } = trustees;
  return [
    `Its origin is ${origin}`,
    `Its trustees: ${threshold} of ${all} shares, set ${split_id.slice(0, 8)}, ${tested ? "tested" : "not tested"}. Their keys:`,
    `  key id ${key_id}, election key ${election_key}, signing key ${signing_key}`,
  ];
}

/** Which window is in force and which is coming; nothing where there was only ever one. */
function describeWindows(law: Shown["law"], windows: Shown["windows"], now: string): readonly string[] {
  if (windows.length < 2) return [];
  const lines = windows.map(({ opens_at, closes_at, from, until }) => {
    const closes = closes_at === null ? "until it is closed" : `until ${lawInstant(law, closes_at)}`;
    const since = from === null ? "from the beginning" : `from ${lawInstant(law, from)}`;
    const ends = until === null ? "" : ` until ${lawInstant(law, until)}`;
    const isComing = from !== null && Date.parse(from) > Date.parse(now);
    const isOver = until !== null && Date.parse(until) <= Date.parse(now);
    const state = isComing ? "coming" : isOver ? "was in force" : "in force";
    return `  ${state}, ${since}${ends}: it takes votes from ${lawInstant(law, opens_at)} ${closes}`;
  });
  return ["Its windows:", ...lines];
}
